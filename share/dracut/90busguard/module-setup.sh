#!/bin/bash
# Puts the gate into dracut's initramfs, if busguardd enforces. dracut.modules(7), busguardd(8).

# dracutsysrootdir: the system that the initramfs is for, where it is not the running one.
# shellcheck disable=SC2154 # dracut's variables
busguard_boot_devices() {
    BUSGUARD_ETC=${dracutsysrootdir-}/etc/busguard "${dracutsysrootdir-}/usr/lib/busguard/boot-devices"
}

check() {
    busguard_boot_devices >/dev/null 2>&1 || return 1
}

depends() {
    return 0
}

# shellcheck disable=SC2154
install() {
    inst_multiple modprobe
    inst_script /usr/lib/busguard/gate
    mkdir -p "$initdir/etc/busguard"
    busguard_boot_devices >"$initdir/etc/busguard/boot-devices"
    inst_hook pre-udev 10 "$moddir/busguard-gate.sh"
}
