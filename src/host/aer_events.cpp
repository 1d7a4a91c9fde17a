#include "host/aer_events.h"

#include "host/pci.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace busguard::host {
namespace {

constexpr std::string_view tracepoint = "aer_event: ";
constexpr std::string_view about = " PCIe Bus Error: severity=";
constexpr std::size_t longest_line = 4096;  // the kernel's are a page at most
constexpr int most_reads = 64;              // of one take(): an error storm must not keep everybody waiting
constexpr auto switch_file = "/events/ras/aer_event/enable";
// AER_CORRECTABLE (include/linux/aer.h): a device may raise these without end, and nothing follows from them.
constexpr std::string_view uncorrectable = "severity != 2";

Result<void> put(const std::string& path, std::string_view text) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
    const Descriptor file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!file) return fail_errno("tracefs");
    if (::write(file.number(), text.data(), text.size()) < 0) return fail_errno("tracefs");
    return {};
}

}  // namespace

std::optional<Uevent> aer_event_from_line(std::string_view line) {
    // The last one: before it stands the name of the process that was interrupted, which may be anything.
    const auto at = line.rfind(tracepoint);
    if (at == std::string_view::npos) return std::nullopt;
    line.remove_prefix(at + tracepoint.size());
    const auto address = line.substr(0, line.find(' '));
    line.remove_prefix(address.size());
    if (!is_pci_address(address) || !line.starts_with(about)) return std::nullopt;
    line.remove_prefix(about.size());
    const bool fatal = line.starts_with("Fatal");
    if (!fatal && !line.starts_with("Uncorrected")) return std::nullopt;
    return Uevent{.action = "change",
                  .path = std::string{"bus/pci/devices/"}.append(address),
                  .subsystem = "pci",
                  .properties = {{"ERROR_EVENT", fatal ? "FATAL" : "UNCORRECTED"},
                                 {"PCI_SLOT_NAME", std::string{address}}}};
}

Result<std::unique_ptr<AerEvents>> AerEvents::listen(const std::string& tracefs, const std::string& name) {
    const auto instance = tracefs + "/instances/" + name;
    const bool made = ::mkdir(instance.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) return fail_errno("tracefs");
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
    Descriptor pipe{::open((instance + "/trace_pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!pipe) {
        const auto why = fail_errno("tracefs");
        if (made) (void)::rmdir(instance.c_str());
        return why;
    }
    std::unique_ptr<AerEvents> events{new AerEvents(instance, std::move(pipe))};
    // Who waits is woken by the first event, not by a half-full buffer; a small one will do. Kernels
    // before 5.0 have no buffer_percent, and never wait for one.
    (void)put(instance + "/buffer_percent", "0");
    (void)put(instance + "/buffer_size_kb", "64");
    TRY(put(instance + "/events/ras/aer_event/filter", uncorrectable));
    TRY(put(instance + switch_file, "1"));
    return events;
}

AerEvents::~AerEvents() {
    (void)put(instance_ + switch_file, "0");
    pipe_ = {};
    (void)::rmdir(instance_.c_str());
}

void AerEvents::take_lines(Uevents& out) {
    std::string_view text = rest_;
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        const auto line = text.substr(0, end);
        if (auto event = aer_event_from_line(line)) out.events.push_back(*std::move(event));
        text.remove_prefix(end + 1);
    }
    rest_.erase(0, rest_.size() - text.size());
    if (rest_.size() > longest_line) rest_.clear();
}

Result<Uevents> AerEvents::take() {
    Uevents out;
    std::array<char, longest_line> piece{};
    for (int n = 0; n < most_reads; ++n) {
        const auto count = ::read(pipe_.number(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno != EAGAIN) return fail_errno("trace_pipe");
        if (count <= 0) break;
        rest_.append(piece.data(), static_cast<std::size_t>(count));
        take_lines(out);
    }
    return out;
}

}  // namespace busguard::host
