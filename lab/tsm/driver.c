// SPDX-License-Identifier: GPL-2.0
/* A driver for the endpoint. It does nothing with it: what matters is who may have it. */
#include <linux/module.h>
#include <linux/pci.h>

#include "lab_bus.h"

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return 0;
}

static void remove(struct pci_dev *pdev)
{
}

static pci_ers_result_t error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	return state == pci_channel_io_perm_failure ? PCI_ERS_RESULT_DISCONNECT : PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t slot_reset(struct pci_dev *pdev)
{
	return PCI_ERS_RESULT_RECOVERED;
}

static const struct pci_error_handlers error_handlers = {
	.error_detected = error_detected,
	.slot_reset = slot_reset,
};

static const struct pci_device_id ids[] = { { PCI_DEVICE(LAB_VENDOR, LAB_ENDPOINT) }, {} };
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver driver = {
	.name = "busguard_lab",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.err_handler = &error_handlers,
};

int lab_driver_init(void)
{
	return pci_register_driver(&driver);
}

void lab_driver_exit(void)
{
	pci_unregister_driver(&driver);
}
