#pragma once

#include <dlfcn.h>

namespace busguard::host {

/// A function of a library that is loaded when it is needed (dlopen(3)). False: it has none of that name.
template <typename Function>
bool find_symbol(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));  // NOLINT(*-reinterpret-cast): dlsym(3)
    return function != nullptr;
}

}  // namespace busguard::host
