#pragma once

#include "base/bytes.h"
#include "host/http_message.h"

#include <string>

namespace busguard::web {

/// A published log to whoever asks (C2SP tlog-tiles): checkpoint, tile/…, tile/entries/…, and what is ours,
/// checkpoint.cosigned and blob/…, of one folder, by GET and HEAD. What has no name of these forms is not
/// there, so nothing else of the machine can be named.
class ServedLog {
public:
    /// Errors: those of host::open_directory().
    static Result<ServedLog> open(const std::string& folder);

    /// 200, 304, 404, 405, or 500 if a file cannot be read. Tiles and blobs never change and may be kept for
    /// good; a checkpoint has to be asked for anew each time, by its ETag.
    host::HttpResponse answer(const host::HttpRequest& request) const;

private:
    explicit ServedLog(host::Descriptor folder) : folder_{std::move(folder)} {}

    host::HttpResponse checkpoint(const host::HttpRequest& request) const;

    host::Descriptor folder_;
};

}  // namespace busguard::web
