# syncline_add_schema(TARGET name SCHEMAS file.fbs ...): filled by the generator.
