// SPDX-License-Identifier: GPL-2.0
/*
 * A platform security manager (link TSM) for tests. It protects nothing: it takes devices, speaks to their mailbox and
 * enables a stream, as one that does would be seen doing by the rest of the system.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/pci-ide.h>
#include <linux/pci-tsm.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/tsm.h>

#define MOST 2

static unsigned int managers = 1;
module_param(managers, uint, 0444);
MODULE_PARM_DESC(managers, "how many security managers there are, 1 or 2");

static unsigned int refuse;
module_param(refuse, uint, 0644);
MODULE_PARM_DESC(refuse, "the next so many devices are refused");

static unsigned int busy;
module_param(busy, uint, 0644);
MODULE_PARM_DESC(busy, "the next so many connections fail because it is busy");

static unsigned int slow;
module_param(slow, uint, 0644);
MODULE_PARM_DESC(slow, "milliseconds that connecting takes");

struct connection {
	struct pci_tsm_pf0 base;
	struct pci_ide *stream;
};

static struct platform_device *parent;
static struct tsm_dev *registered[MOST];

static struct connection *connection_of(struct pci_tsm *tsm)
{
	return container_of(tsm, struct connection, base.base_tsm);
}

static struct pci_tsm *probe(struct tsm_dev *manager, struct pci_dev *pdev)
{
	struct connection *its;

	if (!is_pci_tsm_pf0(pdev))
		return NULL;
	if (refuse) {
		--refuse;
		return NULL;
	}
	its = kzalloc(sizeof(*its), GFP_KERNEL);
	if (!its)
		return NULL;
	if (pci_tsm_pf0_constructor(pdev, &its->base, manager)) {
		kfree(its);
		return NULL;
	}
	return &its->base.base_tsm;
}

static void remove(struct pci_tsm *tsm)
{
	struct connection *its = connection_of(tsm);

	pci_tsm_pf0_destructor(&its->base);
	kfree(its);
}

/* GET_VERSION: whoever had a session with the device has none from here on. */
static int get_version(struct pci_dev *pdev)
{
	const u8 request[] = { 0x10, 0x84, 0, 0 };
	u8 answer[64] = {};
	const int size = pci_tsm_doe_transfer(pdev, PCI_DOE_FEATURE_CMA, request, sizeof(request), answer, sizeof(answer));

	if (size < 0)
		return size;
	return size >= 4 && answer[1] == 0x04 ? 0 : -EPROTO;
}

static int enable_stream(struct pci_dev *pdev, struct pci_ide *stream)
{
	struct pci_dev *port = pcie_find_root_port(pdev);
	int result;

	stream->stream_id = stream->host_bridge_stream + 1;
	pci_ide_stream_setup(pdev, stream);
	pci_ide_stream_setup(port, stream);
	result = pci_ide_stream_register(stream);
	if (!result)
		result = pci_ide_stream_enable(port, stream);
	if (!result)
		result = pci_ide_stream_enable(pdev, stream);
	return result;
}

static int connect(struct pci_dev *pdev)
{
	struct connection *its = connection_of(pdev->tsm);
	int result;

	msleep(slow);
	if (busy) {
		--busy;
		return -EBUSY;
	}
	result = get_version(pdev);
	if (result)
		return result;
	its->stream = pci_ide_stream_alloc(pdev);
	if (!its->stream)
		return 0; /* a link that cannot be encrypted, or no stream left */
	result = enable_stream(pdev, its->stream);
	if (result) {
		pci_ide_stream_release(its->stream);
		its->stream = NULL;
	}
	return result;
}

static void disconnect(struct pci_dev *pdev)
{
	struct connection *its = connection_of(pdev->tsm);

	if (its->stream)
		pci_ide_stream_release(its->stream);
	its->stream = NULL;
}

static struct pci_tsm_ops operations = {
	.probe = probe,
	.remove = remove,
	.connect = connect,
	.disconnect = disconnect,
};

static void unregister_all(void)
{
	int n;

	for (n = MOST; n-- > 0;)
		if (registered[n])
			tsm_unregister(registered[n]);
	platform_device_unregister(parent);
}

static int __init begin(void)
{
	unsigned int n;

	parent = platform_device_register_simple("busguard_lab_tsm", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	for (n = 0; n < clamp(managers, 1U, (unsigned int)MOST); ++n) {
		struct tsm_dev *one = tsm_register(&parent->dev, &operations);

		if (IS_ERR(one)) {
			unregister_all();
			return PTR_ERR(one);
		}
		registered[n] = one;
	}
	return 0;
}

static void __exit end(void)
{
	unregister_all();
}

module_init(begin);
module_exit(end);
MODULE_DESCRIPTION("busguard's lab: a link TSM that protects nothing");
MODULE_LICENSE("GPL");
