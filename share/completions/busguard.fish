# Completion of busguard for fish.

set -l commands list authenticate show measure verify decode doctor emulate pki policy status monitor release claim reasons log witness
set -l algorithms ecdsa-p256 ecdsa-p384 ecdsa-p521 rsassa-2048 rsassa-3072 rsassa-4096 rsapss-2048 rsapss-3072 rsapss-4096 ed25519 ed448

function __busguard_devices
    command busguard list -o json -q 2>/dev/null | string match -rg '^ *"device": "(pci/[^"]*)"'
end

complete -c busguard -n "not __fish_seen_subcommand_from $commands" -f
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -l version -d 'Show the version'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a list -d 'Show the devices and what is known'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a authenticate -d 'Authenticate devices'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a show -d 'Show all about a device'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a measure -d 'Show, record or compare measurements'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a verify -d 'Judge evidence again, offline'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a decode -d 'Show SPDM messages field by field'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a doctor -d 'Say what helps or hinders'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a emulate -d 'Emulate devices of a machine'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a pki -d 'Make keys and certificates for tests'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a policy -d 'Write, check, try and explain policies'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a status -d 'Show what busguardd says'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a release -d 'End a quarantine'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a monitor -d 'Tell what busguardd does'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a claim -d 'Take a device back from a TSM that is gone'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a reasons -d 'List reason codes'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a log -d 'Serve the transparency log, and have it cosigned'
complete -c busguard -n "not __fish_seen_subcommand_from $commands" -a witness -d 'Cosign the checkpoints of transparency logs'

complete -c busguard -s h -l help -d 'Show help'
complete -c busguard -s o -l output -x -a 'text json' -d 'Form of the output'
complete -c busguard -l explain -d 'Say what each failing check means'
complete -c busguard -l color -x -a 'auto always never' -d 'Colours'
complete -c busguard -s q -l quiet -d 'No messages but errors'
complete -c busguard -s v -l verbose -d 'More messages'

set -l placed '__fish_seen_subcommand_from list authenticate show measure doctor issue try explain generate'
complete -c busguard -n $placed -l sysfs -x -a '(__fish_complete_directories)' -d 'A directory of the shape of /sys'
complete -c busguard -n "$placed; or __fish_seen_subcommand_from emulate" -l machine -r -d 'A described machine'
complete -c busguard -n "$placed; or __fish_seen_subcommand_from emulate" -l state -x -a '(__fish_complete_directories)' -d 'Where its keys are kept'

set -l visiting '__fish_seen_subcommand_from authenticate show measure explain'
complete -c busguard -n $visiting -f -a '(__busguard_devices)'
complete -c busguard -n $visiting -l all -d 'Every device'
complete -c busguard -n $visiting -l socket -x -d 'A device behind an emulator’s socket'
complete -c busguard -n "$visiting; or __fish_seen_subcommand_from emulate" -l transport -x -a 'mctp pci_doe none' -d 'What the socket carries'
complete -c busguard -n '__fish_seen_subcommand_from authenticate show measure' -l slot -x -a '0 1 2 3 4 5 6 7' -d 'Certificate slot'

set -l judging '__fish_seen_subcommand_from authenticate show measure verify try explain generate'
complete -c busguard -n $judging -l anchors -r -d 'Root certificates to trust'
complete -c busguard -n $judging -l profile -x -a 'cma vendor none' -d 'What certificates have to say'
complete -c busguard -n $judging -l min-version -x -a '1.0 1.1 1.2 1.3' -d 'Refuse SPDM versions below'
complete -c busguard -n $judging -l time -x -a 'now ignore' -d 'When certificates have to be valid'
complete -c busguard -n $judging -l reference -r -d 'Measurements have to equal these'
complete -c busguard -n $judging -l nonce -x -d 'The nonce of the requester'

complete -c busguard -n '__fish_seen_subcommand_from authenticate' -l measure -d 'Ask for measurements too'
complete -c busguard -n '__fish_seen_subcommand_from authenticate' -l evidence -r -d 'Keep what was said'
complete -c busguard -n '__fish_seen_subcommand_from measure' -l record -r -d 'Write references'
complete -c busguard -n '__fish_seen_subcommand_from measure' -l raw -d 'Bit streams instead of digests'
complete -c busguard -n '__fish_seen_subcommand_from measure' -l one-by-one -d 'Each on its own'
complete -c busguard -n '__fish_seen_subcommand_from verify' -l chain -r -d 'Certificate chain of a report'
complete -c busguard -n '__fish_seen_subcommand_from decode' -l hex -d 'The input is hex'
complete -c busguard -n '__fish_seen_subcommand_from decode' -l all-bytes -d 'Show long fields whole'
complete -c busguard -n '__fish_seen_subcommand_from decode' -l hash -x -a 'sha256 sha384 sha512 sha3-256 sha3-384 sha3-512' -d 'Base hash'
complete -c busguard -n '__fish_seen_subcommand_from decode pki' -l asym -x -a "$algorithms" -d 'Signature algorithm'
complete -c busguard -n '__fish_seen_subcommand_from emulate' -l mount -x -a '(__fish_complete_directories)' -d 'Where it appears'
complete -c busguard -n '__fish_seen_subcommand_from emulate' -l listen -x -d 'TCP port'
complete -c busguard -n '__fish_seen_subcommand_from emulate' -l framing -x -a 'qemu spdm-emu' -d 'Framing of the socket'
complete -c busguard -n '__fish_seen_subcommand_from emulate issue' -l device -x -d 'Which device'
complete -c busguard -n '__fish_seen_subcommand_from emulate' -l keep-serving -d 'SHUTDOWN ends a connection only'
complete -c busguard -n '__fish_seen_subcommand_from reasons' -l roff -d 'The manual page'

set -l made init root authority issue
complete -c busguard -n "__fish_seen_subcommand_from pki; and not __fish_seen_subcommand_from $made" -f -a 'init root authority issue'
complete -c busguard -n '__fish_seen_subcommand_from pki' -l organization -x -d 'O of the subject'
complete -c busguard -n '__fish_seen_subcommand_from pki' -l name -x -d 'CN of the subject'
complete -c busguard -n '__fish_seen_subcommand_from pki' -l not-before -x -d 'First moment of validity'
complete -c busguard -n '__fish_seen_subcommand_from pki' -l not-after -x -d 'Last moment of validity'
complete -c busguard -n '__fish_seen_subcommand_from pki' -l out -x -a '(__fish_complete_directories)' -d 'Where the result goes'
complete -c busguard -n '__fish_seen_subcommand_from pki' -l issuer -x -a '(__fish_complete_directories)' -d 'The authority that signs'
complete -c busguard -n '__fish_seen_subcommand_from issue' -l cma-name -x -d 'PCIe CMA name'
complete -c busguard -n '__fish_seen_subcommand_from issue' -l device-info -x -d 'DMTF name'
complete -c busguard -n '__fish_seen_subcommand_from issue' -l alias -d 'Alias certificate model'

set -l ruled check try explain generate
complete -c busguard -n "__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from $ruled" -f -a 'check try explain generate'
complete -c busguard -n '__fish_seen_subcommand_from explain' -l policy -r -d 'The policy'
complete -c busguard -n '__fish_seen_subcommand_from generate' -l write -r -d 'The file to write'
complete -c busguard -n '__fish_seen_subcommand_from status' -l all -d 'Also what has nothing to prove itself by'
complete -c busguard -n '__fish_seen_subcommand_from status release claim' -l runtime -x -a '(__fish_complete_directories)' -d 'The daemon’s directory'
complete -c busguard -n '__fish_seen_subcommand_from monitor' -l bus -x -d 'D-Bus address'
complete -c busguard -n '__fish_seen_subcommand_from monitor' -l changes -d 'Also each change of a device'
complete -c busguard -n '__fish_seen_subcommand_from monitor' -l notify -d 'Notify the desktop of quarantines'

complete -c busguard -n '__fish_seen_subcommand_from log; and not __fish_seen_subcommand_from serve cosign' -f -a 'serve cosign'
complete -c busguard -n '__fish_seen_subcommand_from serve cosign' -l log -x -a '(__fish_complete_directories)' -d 'The published log'
complete -c busguard -n '__fish_seen_subcommand_from serve witness' -l listen -x -d 'Where to serve'
complete -c busguard -n '__fish_seen_subcommand_from cosign' -l policy -r -d 'Witnesses and quorum'
complete -c busguard -n '__fish_seen_subcommand_from cosign' -l state -x -a '(__fish_complete_directories)' -d 'What each witness cosigned'
complete -c busguard -n '__fish_seen_subcommand_from cosign' -l every -x -d 'Again and again'
complete -c busguard -n '__fish_seen_subcommand_from cosign' -l once -d 'One time'
complete -c busguard -n '__fish_seen_subcommand_from witness; and not __fish_seen_subcommand_from key' -f -a key
complete -c busguard -n '__fish_seen_subcommand_from key' -f -a create
complete -c busguard -n '__fish_seen_subcommand_from witness' -l key -r -d 'Private key'
complete -c busguard -n '__fish_seen_subcommand_from witness' -l logs -r -d 'Whose checkpoints'
complete -c busguard -n '__fish_seen_subcommand_from witness' -l state -r -d 'What was cosigned'
complete -c busguard -n '__fish_seen_subcommand_from witness' -l prefix -x -d 'Path below which it is served'
