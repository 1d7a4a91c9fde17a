// SPDX-License-Identifier: GPL-2.0
/*
 * The endpoint's mailbox (DOE, PCIe 6.2, 6.30 and 7.9.24). It answers discovery itself. What else is asked goes to
 * user space: /dev/busguard-lab-doe is the stream that QEMU has with an SPDM responder (command, transport and length
 * as big-endian words of 32 bits, then a whole data object), so that two `cat` connect it with one.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/pci_regs.h>
#include <linux/swait.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

#include "lab_bus.h"

#define LARGEST 0x1200 /* bytes of a data object, as in QEMU */
#define HEADER 12 /* bytes before it in the stream */
#define FRAME_NORMAL 1
#define TRANSPORT_DOE 2

static const u8 features[] = { PCI_DOE_FEATURE_DISCOVERY, PCI_DOE_FEATURE_CMA, PCI_DOE_FEATURE_SSESSION };

/* Guarded by lab_lock. */
static struct {
	u32 written[LARGEST / 4]; /* the request, as far as it is here */
	size_t written_size; /* words, all of them */
	u32 answer[LARGEST / 4];
	size_t answer_size, answer_taken;
	bool error;
	bool asked; /* user space owes an answer that is wanted */
	unsigned int unwanted; /* it owes so many others before */
	u8 frame[HEADER + LARGEST]; /* for user space */
	size_t frame_size, frame_taken;
} box;

static DECLARE_SWAIT_QUEUE_HEAD(somebody_asks); /* a simple one may be woken with a raw lock held */

void lab_mailbox_reset(void)
{
	if (box.asked && box.frame_taken == 0)
		box.frame_size = 0; /* nobody has seen it */
	else if (box.asked)
		++box.unwanted;
	box.asked = box.error = false;
	box.written_size = box.answer_size = box.answer_taken = 0;
}

u32 lab_mailbox_status(void)
{
	const bool ready = box.answer_taken < box.answer_size;

	return (box.error ? PCI_DOE_STATUS_ERROR : 0) | (ready ? PCI_DOE_STATUS_DATA_OBJECT_READY : 0);
}

u32 lab_mailbox_next(void)
{
	return box.answer_taken < box.answer_size ? box.answer[box.answer_taken] : 0;
}

void lab_mailbox_take(void)
{
	if (box.answer_taken < box.answer_size)
		++box.answer_taken;
}

void lab_mailbox_put(u32 value)
{
	if (box.written_size < ARRAY_SIZE(box.written))
		box.written[box.written_size] = value;
	++box.written_size;
}

static void discover(void)
{
	const size_t index = box.written[2] & 0xff;

	if (box.written_size != 3 || index >= ARRAY_SIZE(features)) {
		box.error = true;
		return;
	}
	box.answer[0] = box.written[0];
	box.answer[1] = 3;
	box.answer[2] = PCI_VENDOR_ID_PCI_SIG | features[index] << 16 | (index + 1) % ARRAY_SIZE(features) << 24;
	box.answer_size = 3;
}

static void ask_user_space(void)
{
	const size_t bytes = box.written_size * 4;
	size_t n;

	/* A frame that somebody has begun to read has to be read to its end. */
	if (box.frame_taken && box.frame_taken < box.frame_size) {
		box.error = true;
		return;
	}
	put_unaligned_be32(FRAME_NORMAL, box.frame);
	put_unaligned_be32(TRANSPORT_DOE, box.frame + 4);
	put_unaligned_be32(bytes, box.frame + 8);
	for (n = 0; n < box.written_size; ++n)
		put_unaligned_le32(box.written[n], box.frame + HEADER + n * 4);
	box.frame_size = HEADER + bytes;
	box.frame_taken = 0;
	box.asked = true;
	swake_up_one(&somebody_asks);
}

static void go(void)
{
	const u32 header = box.written[0];
	const bool whole = box.written_size >= 2 && box.written_size <= ARRAY_SIZE(box.written) &&
			   (box.written[1] & 0x3ffff) == box.written_size;

	box.answer_size = box.answer_taken = 0;
	if (!whole || (header & 0xffff) != PCI_VENDOR_ID_PCI_SIG || box.asked)
		box.error = true;
	else if ((header >> 16 & 0xff) == PCI_DOE_FEATURE_DISCOVERY)
		discover();
	else
		ask_user_space();
	box.written_size = 0;
}

void lab_mailbox_control(u32 value)
{
	if (value & PCI_DOE_CTRL_ABORT)
		lab_mailbox_reset();
	else if (value & PCI_DOE_CTRL_GO)
		go();
}

/* ---- /dev/busguard-lab-doe --------------------------------------------------------------------------------------- */

static size_t take_of_frame(u8 *into, size_t room)
{
	unsigned long flags;
	size_t size;

	raw_spin_lock_irqsave(&lab_lock, flags);
	size = min(room, box.frame_size - box.frame_taken);
	memcpy(into, box.frame + box.frame_taken, size);
	box.frame_taken += size;
	raw_spin_unlock_irqrestore(&lab_lock, flags);
	return size;
}

static ssize_t doe_read(struct file *file, char __user *buffer, size_t room, loff_t *at)
{
	u8 piece[256];
	size_t size;

	if (!room)
		return 0;
	do {
		if (swait_event_interruptible_exclusive(somebody_asks, READ_ONCE(box.frame_taken) < READ_ONCE(box.frame_size)))
			return -ERESTARTSYS;
		size = take_of_frame(piece, min(room, sizeof(piece)));
	} while (!size);
	return copy_to_user(buffer, piece, size) ? -EFAULT : size;
}

static void deliver(const u8 *object, size_t size)
{
	unsigned long flags;
	size_t n;

	raw_spin_lock_irqsave(&lab_lock, flags);
	if (box.unwanted) {
		--box.unwanted;
	} else if (box.asked) {
		for (n = 0; n < size / 4; ++n)
			box.answer[n] = get_unaligned_le32(object + n * 4);
		box.answer_size = size / 4;
		box.answer_taken = 0;
		box.asked = false;
	}
	raw_spin_unlock_irqrestore(&lab_lock, flags);
}

static DEFINE_MUTEX(answering);
static u8 answer[HEADER + LARGEST];
static size_t answer_size;

/* Takes what completes the header, then what completes the object; 0 means that the stream is none. */
static size_t wanted_of_answer(void)
{
	u32 size;

	if (answer_size < HEADER)
		return HEADER - answer_size;
	size = get_unaligned_be32(answer + 8);
	if (size < 8 || size > LARGEST || size % 4 || get_unaligned_be32(answer) != FRAME_NORMAL)
		return 0;
	return HEADER + size - answer_size;
}

static ssize_t doe_write(struct file *file, const char __user *buffer, size_t size, loff_t *at)
{
	size_t taken = 0;

	guard(mutex)(&answering);
	while (taken < size) {
		const size_t wanted = wanted_of_answer();
		const size_t piece = min(wanted, size - taken);

		if (!wanted)
			return -EPROTO;
		if (copy_from_user(answer + answer_size, buffer + taken, piece))
			return -EFAULT;
		answer_size += piece;
		taken += piece;
		if (answer_size > HEADER && piece == wanted) {
			deliver(answer + HEADER, answer_size - HEADER);
			answer_size = 0;
		}
	}
	return taken;
}

static const struct file_operations doe_operations = {
	.owner = THIS_MODULE,
	.read = doe_read,
	.write = doe_write,
};

static struct miscdevice doe_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "busguard-lab-doe",
	.fops = &doe_operations,
	.mode = 0600,
};

int lab_mailbox_init(void)
{
	return misc_register(&doe_device);
}

void lab_mailbox_exit(void)
{
	misc_deregister(&doe_device);
}
