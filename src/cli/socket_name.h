#pragma once

#include "transport/socket_frame.h"

#include <string_view>

namespace busguard::cli {

/// The command line's word: "mctp", "pci_doe" or "none", which is checked already.
constexpr transport::SocketTransport socket_transport(std::string_view name) {
    if (name == "pci_doe") return transport::SocketTransport::pci_doe;
    if (name == "none") return transport::SocketTransport::none;
    return transport::SocketTransport::mctp;
}

}  // namespace busguard::cli
