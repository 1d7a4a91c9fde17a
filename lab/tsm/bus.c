// SPDX-License-Identifier: GPL-2.0
/* The host bridge of the emulated bus, its interrupt, and the module. */
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "lab_bus.h"

#define FIRST_DOMAIN 0x10000 /* beyond those that ACPI can name */

DEFINE_RAW_SPINLOCK(lab_lock);

static struct platform_device *parent;
static struct pci_sysdata sysdata = { .node = NUMA_NO_NODE };
static struct resource bus_numbers = { .name = "busguard_lab", .start = 0, .end = 1, .flags = IORESOURCE_BUS };
static struct pci_bus *root_bus;
static int interrupt;

static struct lab_function *function_at(struct pci_bus *bus, unsigned int devfn)
{
	if (devfn != 0)
		return NULL;
	if (bus->number == 0)
		return &lab_root_port;
	return bus->number == lab_secondary_bus() ? &lab_endpoint : NULL;
}

static int read_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	struct lab_function *function = function_at(bus, devfn);
	unsigned long flags;

	if (!function) {
		PCI_SET_ERROR_RESPONSE(value);
		return PCIBIOS_DEVICE_NOT_FOUND;
	}
	raw_spin_lock_irqsave(&lab_lock, flags);
	*value = lab_read(function, where, size);
	raw_spin_unlock_irqrestore(&lab_lock, flags);
	return PCIBIOS_SUCCESSFUL;
}

static int write_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	struct lab_function *function = function_at(bus, devfn);
	unsigned long flags;

	if (!function)
		return PCIBIOS_DEVICE_NOT_FOUND;
	raw_spin_lock_irqsave(&lab_lock, flags);
	lab_write(function, where, size, value);
	raw_spin_unlock_irqrestore(&lab_lock, flags);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops config_operations = { .read = read_config, .write = write_config };

static int map_interrupt(const struct pci_dev *pdev, u8 slot, u8 pin)
{
	return interrupt;
}

/* Writing anything has the endpoint's link fail its integrity check, as hardware says it: by an AER interrupt. */
static ssize_t fail_stream_store(struct device *dev, struct device_attribute *attribute, const char *text, size_t size)
{
	const bool interrupts = lab_fail_stream(lab_secondary_bus() << 8);

	if (!interrupts)
		return -EIO; /* nobody listens */
	generic_handle_irq_safe(interrupt);
	return size;
}
static DEVICE_ATTR_WO(fail_stream);

static int make_interrupt(void)
{
	interrupt = irq_alloc_desc(NUMA_NO_NODE);
	if (interrupt < 0)
		return interrupt;
	irq_set_chip_and_handler(interrupt, &dummy_irq_chip, handle_simple_irq);
	irq_modify_status(interrupt, IRQ_NOREQUEST | IRQ_NOAUTOEN, IRQ_NOPROBE);
	return 0;
}

static int make_bus(void)
{
	struct pci_host_bridge *bridge = pci_alloc_host_bridge(0);
	int result;

	if (!bridge)
		return -ENOMEM;
	result = pci_bus_find_emul_domain_nr(0, FIRST_DOMAIN, INT_MAX);
	if (result < 0)
		goto free_bridge;
	sysdata.domain = result;
	bridge->dev.parent = &parent->dev;
	bridge->sysdata = &sysdata;
	bridge->ops = &config_operations;
	bridge->map_irq = map_interrupt;
	bridge->swizzle_irq = pci_common_swizzle;
	pci_add_resource(&bridge->windows, &bus_numbers);

	pci_lock_rescan_remove();
	result = pci_scan_root_bus_bridge(bridge);
	if (!result) {
		root_bus = bridge->bus;
		pci_bus_add_devices(root_bus);
	}
	pci_unlock_rescan_remove();
	if (!result)
		return 0;
	pci_bus_release_emul_domain_nr(sysdata.domain);
free_bridge:
	pci_free_host_bridge(bridge);
	return result;
}

static void remove_bus(void)
{
	pci_lock_rescan_remove();
	pci_stop_root_bus(root_bus);
	pci_remove_root_bus(root_bus);
	pci_unlock_rescan_remove();
	pci_bus_release_emul_domain_nr(sysdata.domain);
}

static int __init begin(void)
{
	int result;

	lab_registers_init();
	parent = platform_device_register_simple("busguard_lab_bus", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	result = make_interrupt();
	if (result)
		goto no_interrupt;
	result = device_create_file(&parent->dev, &dev_attr_fail_stream);
	if (result)
		goto no_file;
	result = lab_mailbox_init();
	if (result)
		goto no_mailbox;
	result = make_bus();
	if (result)
		goto no_bus;
	result = lab_driver_init();
	if (!result)
		return 0;

	remove_bus();
no_bus:
	lab_mailbox_exit();
no_mailbox:
	device_remove_file(&parent->dev, &dev_attr_fail_stream);
no_file:
	irq_free_desc(interrupt);
no_interrupt:
	platform_device_unregister(parent);
	return result;
}

static void __exit end(void)
{
	lab_driver_exit();
	remove_bus();
	lab_mailbox_exit();
	device_remove_file(&parent->dev, &dev_attr_fail_stream);
	irq_free_desc(interrupt);
	platform_device_unregister(parent);
}

module_init(begin);
module_exit(end);
MODULE_DESCRIPTION("busguard's lab: an emulated bus with IDE and a mailbox");
MODULE_LICENSE("GPL");
