// A client's database file that something has changed: each 4 bytes of input change one byte of a
// valid file. It is refused with a typed error, or it works; it never takes the program with it.

#include <sqlite3.h>

#include <cstring>
#include <fstream>
#include <memory>

#include "fuzz.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/replica/replica.hpp"

using namespace syncline;

namespace {

const std::filesystem::path& file() {
    static const TemporaryFolder folder;
    static const std::filesystem::path path = folder / "client.db";
    return path;
}

void use(const std::filesystem::path& path) {
    const SystemClock clock;
    Database db(Replica::database_options(path, Durability::normal));
    Replica replica(db, test::kSchema, "scope", clock, Random(1));
    replica.get(test::kNote, "n1");
    replica.sync_state();
    replica.rejected();
    replica.next_push({});
    replica.update(test::kNote, "n2", test::patch_title("Tea"));
    replica.remove(test::kNote, "n3");
}

std::string make_valid() {
    {
        const SystemClock clock;
        Database db(Replica::database_options(file(), Durability::normal));
        Replica replica(db, test::kSchema, "scope", clock, Random(1));
        for (const char* id : {"n1", "n2", "n3"}) {
            replica.create(test::kNote, test::note_row(id, "Milk"));
        }
    }
    return file_content(file());
}

void write_changed(std::string content, ByteView changes) {
    for (std::size_t at = 0; at + 4 <= changes.size(); at += 4) {
        const std::size_t place = changes[at] | changes[at + 1] << 8 | changes[at + 2] << 16;
        content[place % content.size()] = static_cast<char>(changes[at + 3]);
    }
    for (const char* more : {"-wal", "-shm"}) std::filesystem::remove(file().string() + more);
    write_file_content(file(), content);
}

}  // namespace

void fuzz_one(ByteView bytes) {
    static const std::string valid = make_valid();
    write_changed(valid, bytes.first(std::min<std::size_t>(bytes.size(), 400)));
    try {
        use(file());
    } catch (const Error&) {
    }
}

std::vector<Bytes> fuzz_seeds() {
    return {Bytes{}, Bytes{18, 0, 0, 3}, Bytes{0, 0, 1, 5, 0, 16, 0, 13, 100, 16, 0, 7}};
}
