// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space of a root port and an endpoint (PCIe 6.2, chapter 7): what is read, what a write changes, and
 * what follows from it.
 */
#include <linux/bitfield.h>
#include <linux/pci.h>
#include <linux/pci_regs.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "lab_bus.h"

#define SIZE 4096
#define EXPRESS 0x40
#define AER 0x100
#define DOE 0x150
#define IDE 0x180

#define IDE_BLOCKS 2
#define IDE_BLOCK_SIZE 32 /* with one address association block */
#define IDE_BLOCK(n) (IDE + PCI_IDE_LINK_STREAM_0 + (n) * IDE_BLOCK_SIZE)

#define DEVCAP_TEE BIT(30)
#define IDE_CHECK_FAILED BIT(28) /* of the uncorrectable error registers */
#define STREAM_SECURE 2
#define STREAM_FAILED BIT(31) /* IDE Fail message received */

struct lab_function {
	u8 bytes[SIZE];
	u8 writable[SIZE]; /* bits that software sets and clears */
	u8 clears[SIZE]; /* bits that writing 1 clears */
	u8 at_reset[SIZE];
};

struct lab_function lab_root_port, lab_endpoint;

static u32 get(const struct lab_function *function, int at)
{
	return get_unaligned_le32(function->bytes + at);
}

static void set(struct lab_function *function, int at, u32 value)
{
	put_unaligned_le32(value, function->bytes + at);
}

static void allow(struct lab_function *function, int at, u32 bits)
{
	put_unaligned_le32(bits, function->writable + at);
}

static void clear_by_one(struct lab_function *function, int at, u32 bits)
{
	put_unaligned_le32(bits, function->clears + at);
}

static void lay_out_header(struct lab_function *function, u16 device, u32 class, u8 type)
{
	set(function, PCI_VENDOR_ID, LAB_VENDOR | (u32)device << 16);
	set(function, PCI_COMMAND, PCI_STATUS_CAP_LIST << 16);
	allow(function, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
					     PCI_COMMAND_INTX_DISABLE);
	set(function, PCI_CLASS_REVISION, class << 8 | 0x01);
	function->bytes[PCI_HEADER_TYPE] = type;
	function->bytes[PCI_CAPABILITY_LIST] = EXPRESS;
	function->writable[PCI_INTERRUPT_LINE] = 0xff;
}

static void lay_out_express(struct lab_function *function, u16 type, u32 capabilities)
{
	const u32 flags = 2 | type << 4;

	set(function, EXPRESS, PCI_CAP_ID_EXP | flags << 16);
	set(function, EXPRESS + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER | capabilities);
	allow(function, EXPRESS + PCI_EXP_DEVCTL, 0x7fff); /* all but Initiate Function Level Reset */
	clear_by_one(function, EXPRESS + PCI_EXP_DEVCTL, 0xfU << 16);
	/* 2.5 GT/s, one lane; the link is up */
	set(function, EXPRESS + PCI_EXP_LNKCAP, PCI_EXP_LNKCAP_SLS_2_5GB | 1 << 4);
	set(function, EXPRESS + PCI_EXP_LNKCTL, (PCI_EXP_LNKSTA_CLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1) << 16);
}

static void lay_out_aer(struct lab_function *function, int next)
{
	set(function, AER, PCI_EXT_CAP_ID_ERR | 2 << 16 | next << 20);
	clear_by_one(function, AER + PCI_ERR_UNCOR_STATUS, ~0U);
	allow(function, AER + PCI_ERR_UNCOR_MASK, ~0U);
	allow(function, AER + PCI_ERR_UNCOR_SEVER, ~0U);
	set(function, AER + PCI_ERR_UNCOR_SEVER, IDE_CHECK_FAILED | 0x00462030);
	clear_by_one(function, AER + PCI_ERR_COR_STATUS, ~0U);
	allow(function, AER + PCI_ERR_COR_MASK, ~0U);
}

static void lay_out_ide(struct lab_function *function)
{
	int n;

	set(function, IDE, PCI_EXT_CAP_ID_IDE | 1 << 16);
	set(function, IDE + PCI_IDE_CAP,
	    PCI_IDE_CAP_SELECTIVE | PCI_IDE_CAP_IDE_KM | PCI_IDE_CAP_SEL_CFG | PCI_IDE_CAP_TEE_LIMITED |
		    FIELD_PREP(PCI_IDE_CAP_SEL_NUM, IDE_BLOCKS - 1));
	for (n = 0; n < IDE_BLOCKS; ++n) {
		int at;

		set(function, IDE_BLOCK(n) + PCI_IDE_SEL_CAP, 1);
		allow(function, IDE_BLOCK(n) + PCI_IDE_SEL_CTL, ~0U);
		clear_by_one(function, IDE_BLOCK(n) + PCI_IDE_SEL_STS, STREAM_FAILED);
		for (at = PCI_IDE_SEL_RID_1; at < IDE_BLOCK_SIZE; at += 4)
			allow(function, IDE_BLOCK(n) + at, ~0U);
	}
}

static void lay_out_root_port(struct lab_function *port)
{
	lay_out_header(port, LAB_ROOT_PORT, PCI_CLASS_BRIDGE_PCI << 8, PCI_HEADER_TYPE_BRIDGE);
	allow(port, PCI_PRIMARY_BUS, 0x00ffffff);
	set(port, PCI_MEMORY_BASE, 0x0000fff0); /* base beyond limit: no window */
	port->bytes[PCI_INTERRUPT_PIN] = 1;
	put_unaligned_le16(0xffff, port->writable + PCI_BRIDGE_CONTROL);
	lay_out_express(port, PCI_EXP_TYPE_ROOT_PORT, 0);
	allow(port, EXPRESS + PCI_EXP_RTCTL, 0xffff);
	clear_by_one(port, EXPRESS + PCI_EXP_RTSTA, PCI_EXP_RTSTA_PME);
	lay_out_aer(port, IDE);
	allow(port, AER + PCI_ERR_ROOT_COMMAND,
	      PCI_ERR_ROOT_CMD_COR_EN | PCI_ERR_ROOT_CMD_NONFATAL_EN | PCI_ERR_ROOT_CMD_FATAL_EN);
	clear_by_one(port, AER + PCI_ERR_ROOT_STATUS, 0x7f);
	lay_out_ide(port);
}

static void lay_out_endpoint(struct lab_function *endpoint)
{
	lay_out_header(endpoint, LAB_ENDPOINT, PCI_CLASS_SYSTEM_OTHER << 8, PCI_HEADER_TYPE_NORMAL);
	set(endpoint, PCI_SUBSYSTEM_VENDOR_ID, LAB_VENDOR | 1 << 16);
	lay_out_express(endpoint, PCI_EXP_TYPE_ENDPOINT, PCI_EXP_DEVCAP_FLR | DEVCAP_TEE);
	lay_out_aer(endpoint, DOE);
	set(endpoint, DOE, PCI_EXT_CAP_ID_DOE | 2 << 16 | IDE << 20);
	lay_out_ide(endpoint);
}

void lab_registers_init(void)
{
	lay_out_root_port(&lab_root_port);
	lay_out_endpoint(&lab_endpoint);
	memcpy(lab_endpoint.at_reset, lab_endpoint.bytes, SIZE);
}

u8 lab_secondary_bus(void)
{
	return lab_root_port.bytes[PCI_SECONDARY_BUS];
}

/* A reset of any kind: errors stay readable, all else is as at power-on, and whoever had a session has none. */
static void reset_endpoint(void)
{
	u8 errors[DOE - AER];

	memcpy(errors, lab_endpoint.bytes + AER, sizeof(errors));
	memcpy(lab_endpoint.bytes, lab_endpoint.at_reset, SIZE);
	memcpy(lab_endpoint.bytes + AER, errors, sizeof(errors));
	lab_mailbox_reset();
}

u32 lab_read(struct lab_function *function, int where, int size)
{
	const int register_at = where & ~3;
	u32 value = get(function, register_at);

	if (function == &lab_endpoint && register_at == DOE + PCI_DOE_STATUS)
		value = lab_mailbox_status();
	if (function == &lab_endpoint && register_at == DOE + PCI_DOE_READ)
		value = lab_mailbox_next();
	value >>= (where & 3) * 8;
	return size == 4 ? value : value & (BIT(size * 8) - 1);
}

static bool to_mailbox(int where, int size, u32 value)
{
	if (where < DOE + PCI_DOE_CTRL || where >= DOE + PCI_DOE_READ + 4)
		return false;
	if (size != 4 || where % 4)
		return true; /* it has no other */
	if (where == DOE + PCI_DOE_CTRL)
		lab_mailbox_control(value);
	else if (where == DOE + PCI_DOE_WRITE)
		lab_mailbox_put(value);
	else if (where == DOE + PCI_DOE_READ)
		lab_mailbox_take();
	return true;
}

static unsigned int enabled_streams(const struct lab_function *function)
{
	unsigned int enabled = 0;
	int n;

	for (n = 0; n < IDE_BLOCKS; ++n)
		if (get(function, IDE_BLOCK(n) + PCI_IDE_SEL_CTL) & PCI_IDE_SEL_CTL_EN)
			enabled |= BIT(n);
	return enabled;
}

/* Without keys to wait for, a stream is secure as soon as it is enabled. One that failed has to be enabled anew. */
static void settle_streams(struct lab_function *function, unsigned int before)
{
	const unsigned int now = enabled_streams(function);
	int n;

	for (n = 0; n < IDE_BLOCKS; ++n) {
		const int at = IDE_BLOCK(n) + PCI_IDE_SEL_STS;

		if ((before ^ now) & BIT(n))
			set(function, at, (get(function, at) & STREAM_FAILED) | (now & BIT(n) ? STREAM_SECURE : 0));
	}
}

void lab_write(struct lab_function *function, int where, int size, u32 value)
{
	const unsigned int streams = enabled_streams(function);
	int n;

	if (function == &lab_endpoint && to_mailbox(where, size, value))
		return;
	for (n = 0; n < size; ++n) {
		u8 *byte = function->bytes + where + n;
		const u8 written = value >> n * 8;
		const u8 writable = function->writable[where + n];

		*byte = (*byte & ~writable) | (written & writable);
		*byte &= ~(written & function->clears[where + n]);
	}
	settle_streams(function, streams);
	if (function == &lab_endpoint && where == EXPRESS + PCI_EXP_DEVCTL && value & PCI_EXP_DEVCTL_BCR_FLR)
		reset_endpoint();
	if (get_unaligned_le16(lab_root_port.bytes + PCI_BRIDGE_CONTROL) & PCI_BRIDGE_CTL_BUS_RESET)
		reset_endpoint();
}

static void fail_streams(struct lab_function *function)
{
	const unsigned int enabled = enabled_streams(function);
	int n;

	for (n = 0; n < IDE_BLOCKS; ++n)
		if (enabled & BIT(n))
			set(function, IDE_BLOCK(n) + PCI_IDE_SEL_STS, STREAM_FAILED);
}

bool lab_fail_stream(u16 requester)
{
	const u32 root_error = PCI_ERR_ROOT_UNCOR_RCV | PCI_ERR_ROOT_FIRST_FATAL | PCI_ERR_ROOT_FATAL_RCV;
	const int status = AER + PCI_ERR_UNCOR_STATUS;
	const int root_status = AER + PCI_ERR_ROOT_STATUS;
	unsigned long flags;
	bool interrupts;

	raw_spin_lock_irqsave(&lab_lock, flags);
	fail_streams(&lab_root_port);
	fail_streams(&lab_endpoint);
	set(&lab_endpoint, status, get(&lab_endpoint, status) | IDE_CHECK_FAILED);
	set(&lab_root_port, root_status, get(&lab_root_port, root_status) | root_error);
	set(&lab_root_port, AER + PCI_ERR_ROOT_ERR_SRC, (u32)requester << 16);
	interrupts = get(&lab_root_port, AER + PCI_ERR_ROOT_COMMAND) & PCI_ERR_ROOT_CMD_FATAL_EN;
	raw_spin_unlock_irqrestore(&lab_lock, flags);
	return interrupts;
}
