#include "crypto/entropy.h"
#include "daemon/log_key.h"
#include "daemon/service.h"
#include "host/clock.h"
#include "host/files.h"
#include "host/standard_error.h"

#include <CLI/CLI.hpp>
#include <systemd/sd-journal.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

namespace {

using namespace busguard;

struct Options {
    std::string configuration{daemon::default_configuration};
    std::string mode, policy, sysfs, state, runtime, bus;
    std::vector<std::string> anchors;
    bool check = false, create_log_key = false;
};

void add_options(CLI::App& app, Options& options) {
    app.add_option("--config", options.configuration, "Configuration file (busguardd.toml(5))")
        ->type_name("FILE");
    app.add_option("--mode", options.mode, "observe: say what would be done; enforce: do it")
        ->check(CLI::IsMember({"observe", "enforce"}));
    app.add_option("--policy", options.policy, "Policy file (busguard-policy(5))")->type_name("FILE");
    app.add_option("--anchors", options.anchors, "Root certificates: files or directories")
        ->type_name("FILE|DIR");
    app.add_option("--sysfs", options.sysfs, "A directory of the shape of /sys")->type_name("DIR");
    app.add_option("--bus", options.bus, "D-Bus to be on: system, none, or an address");
    app.add_option("--state", options.state, "Where evidence is kept")->type_name("DIR");
    app.add_option("--runtime", options.runtime, "Where devices/ is mounted")->type_name("DIR");
    app.add_flag("--check", options.check,
                 "Read configuration, policy and anchors, say what is wrong, and end");
    app.add_flag("--create-log-key", options.create_log_key,
                 "Make the transparency log's key if there is none, say its public half, and end");
}

/// The file, and above it the command line. Without a file everything has its default.
Checked<daemon::Configuration> configuration_of(const Options& options) {
    daemon::Configuration its;
    std::error_code ignored;
    const bool named = options.configuration != daemon::default_configuration;
    if (named || std::filesystem::exists(options.configuration, ignored)) {
        const auto text = TRY(host::read_file(options.configuration));
        its = TRY(daemon::configuration_from_toml(as_text(text), options.configuration));
    }
    const auto take = [](std::string& into, const std::string& from) {
        if (!from.empty()) into = std::filesystem::absolute(from).lexically_normal().string();
    };
    if (!options.mode.empty()) its.settings.enforce = options.mode == "enforce";
    if (!options.anchors.empty()) its.anchors = options.anchors;
    if (!options.bus.empty()) its.bus = options.bus;
    take(its.policy, options.policy);
    take(its.sysfs, options.sysfs);
    take(its.state, options.state);
    take(its.runtime, options.runtime);
    return its;
}

/// Is standard error the journal's (systemd.exec(5), "JOURNAL_STREAM")? A shell started from a service has
/// the variable too, and a terminal.
bool to_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return stream != nullptr && stream == host::standard_error_id();
}

void say(daemon::Priority priority, const std::string& line) {
    // systemd takes the number off; on a terminal it would be noise.
    const auto text =
        (to_journal() ? "<" + std::to_string(static_cast<int>(priority)) + ">" : "") + line + "\n";
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

void tell(const daemon::Event& event) {
    if (to_journal()) {
        auto fields = daemon::fields_of(event);
        std::vector<iovec> parts;
        parts.reserve(fields.size());
        for (auto& one : fields) parts.push_back({.iov_base = one.data(), .iov_len = one.size()});
        if (sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0) return;
    }
    say(daemon::priority_of(event), daemon::line_of(event));
}

int fail_with(const Problem& problem) {
    say(daemon::Priority::error, "busguardd: " + problem.text());
    return 1;
}

}  // namespace

/// The one place of the daemon that knows the real world: makes its parts and hands them down.
int main(int argc, char** argv) try {
    const std::string version = "busguardd " BUSGUARD_VERSION;
    CLI::App app{
        "Authenticates devices before their drivers get them, and keeps out what the policy does not allow"};
    app.name("busguardd");
    app.set_version_flag("--version", version);
    Options options;
    add_options(app, options);
    CLI11_PARSE(app, argc, argv);

    host::SystemClock clock;
    crypto::SystemEntropy entropy;
    const auto configuration = configuration_of(options);
    if (!configuration) return fail_with(configuration.error());
    if (options.create_log_key) {
        const auto key = daemon::log_key(*configuration);
        if (!key) return fail_with(key.error());
        const auto second = daemon::second_log_key(*configuration, key->verifier().name());
        if (!second) return fail_with(second.error());
        static_cast<void>(std::puts(key->verifier().to_text().c_str()));
        if (*second) static_cast<void>(std::puts((*second)->verifier().to_text().c_str()));
        return 0;
    }
    if (options.check) {
        const auto rules = daemon::read_rules(*configuration, clock);
        if (!rules) return fail_with(rules.error());
        for (const auto& remark : rules->remarks) say(daemon::Priority::warning, remark);
        return 0;
    }
    const daemon::World world{
        .clock = &clock, .entropy = &entropy, .log = say, .tell = tell, .version = version};
    const auto served = daemon::serve(world, *configuration, [&] { return configuration_of(options); });
    return served ? 0 : fail_with(served.error());
} catch (const std::exception& problem) {
    static_cast<void>(std::fputs(problem.what(), stderr));
    return 1;
}
