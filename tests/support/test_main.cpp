#include <boost/test/unit_test.hpp>
#include <filesystem>

int main(int argc, char** argv) {
    const auto name_suite = [] {
        auto& suite = boost::unit_test::framework::master_test_suite();
        suite.p_name.value = std::filesystem::path(suite.argv[0]).filename().string();
        return true;
    };
    return boost::unit_test::unit_test_main(name_suite, argc, argv);
}
