/* SPDX-License-Identifier: GPL-2.0 */
/* The emulated bus: a root port with one endpoint behind it, both with IDE, the endpoint with a mailbox (DOE). */
#ifndef BUSGUARD_LAB_BUS_H
#define BUSGUARD_LAB_BUS_H

#include <linux/spinlock.h>
#include <linux/types.h>

#define LAB_VENDOR 0x1ea5 /* nobody's */
#define LAB_ROOT_PORT 0x0b00
#define LAB_ENDPOINT 0x0b01

/*
 * Configuration accesses come with interrupts off and a raw lock held (pci_lock): nothing below may sleep, and all
 * registers are guarded by this one lock, which is innermost.
 */
extern raw_spinlock_t lab_lock;

/* registers.c: the two configuration spaces */
struct lab_function;
extern struct lab_function lab_root_port, lab_endpoint;

void lab_registers_init(void);
u8 lab_secondary_bus(void);
u32 lab_read(struct lab_function *function, int where, int size);
void lab_write(struct lab_function *function, int where, int size, u32 value);
/* The endpoint's stream fails: both ports say so, and the root port has an error message. True if it may interrupt. */
bool lab_fail_stream(u16 requester);

/* mailbox.c: the endpoint's mailbox, whose objects go to user space through /dev/busguard-lab-doe */
int lab_mailbox_init(void);
void lab_mailbox_exit(void);
u32 lab_mailbox_status(void);
u32 lab_mailbox_next(void);
void lab_mailbox_control(u32 value);
void lab_mailbox_put(u32 value);
void lab_mailbox_take(void);
void lab_mailbox_reset(void);

/* driver.c: a driver that takes the endpoint, does nothing with it, and survives its errors */
int lab_driver_init(void);
void lab_driver_exit(void);

#endif
