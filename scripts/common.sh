# shellcheck shell=bash
# What ./demo and ./check share; sourced by them at the root of the checkout.

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
jobs=$(nproc)

# say TEXT...: a line of progress, with the seconds since the start.
say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

die() {
    say "$*" >&2
    exit 1
}

# as_root COMMAND...
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo --preserve-env=DEBIAN_FRONTEND "$@"
    else
        die "this needs root, and there is no sudo: $*"
    fi
}

# missing PACKAGE...: prints those that are not installed.
missing() {
    local package
    for package; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
    done
}

apt_install() {
    as_root apt-get install -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# need PACKAGE...: installs what is missing of it, by one call of apt-get.
need() {
    local lacking=() log=build/log/packages.log
    command -v dpkg-query >/dev/null || die "this sets itself up on Debian 12 and 13; elsewhere build by CONTRIBUTING.md"
    mapfile -t lacking < <(missing "$@")
    [ ${#lacking[@]} -gt 0 ] || return 0
    say "installing ${#lacking[@]} Debian packages: ${lacking[*]}"
    mkdir -p build/log
    # The lists that are there may do; if not, they are fetched anew.
    if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null && apt_install "${lacking[@]}" >"$log" 2>&1; then return; fi
    as_root apt-get update -qq </dev/null >"$log" 2>&1 || die "apt-get update failed: $(tail -n 3 "$log")"
    apt_install "${lacking[@]}" >>"$log" 2>&1 || die "apt-get install failed: $(tail -n 5 "$log")"
}

# build PRESET [TARGET...]: configures and builds, quietly unless it fails.
build() {
    local preset=$1 log=build/log/$1.log options=()
    shift
    # The program needs less than its tests, and ./demo does not install theirs.
    if [ "$preset" != fuzz ]; then
        if [ -z "$(missing libgtest-dev libgmock-dev)" ]; then
            options=(-DBUSGUARD_TESTS=ON)
        else
            options=(-DBUSGUARD_TESTS=OFF)
        fi
    fi
    mkdir -p build/log
    if command -v ccache >/dev/null; then
        options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
        # Precompiled headers are safe to cache with these (ccache's manual, "Precompiled headers").
        export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
    fi
    if ! cmake --preset "$preset" "${options[@]}" >"$log" 2>&1 ||
        ! cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"} >>"$log" 2>&1; then
        grep -E -A 6 'error:|CMake Error' "$log" | head -n 40 || tail -n 30 "$log"
        return 1
    fi
}

# shellcheck disable=SC2034 # used by those who source this
# What the program is built from, and what it runs with.
program_packages=(
    g++ cmake ninja-build pkg-config
    libssl-dev libfuse3-dev libfmt-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libsqlite3-dev libsystemd-dev
    libcbor-dev libxmlsec1-dev libaudit-dev libcurl4-openssl-dev libtss2-dev
    fuse3 python3
)
