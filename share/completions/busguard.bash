# Completion of busguard for bash.

_busguard_devices() {
    command busguard list -o json -q "$@" 2>/dev/null | sed -n 's/^ *"device": "\(pci\/[^"]*\)".*/\1/p'
}

_busguard() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' sub='' word options=''
    local algorithms='ecdsa-p256 ecdsa-p384 ecdsa-p521 rsassa-2048 rsassa-3072 rsassa-4096 rsapss-2048 rsapss-3072 rsapss-4096 ed25519 ed448'
    local common='--help --output --explain --color --quiet --verbose'
    local place='--sysfs --machine --state'
    local devices="--all $place --socket --transport"
    local logged='--log --key --policy'
    local judging='--anchors --profile --min-version --revocation --time --reference --nonce'

    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            list | authenticate | show | measure | verify | decode | doctor | emulate | pki | policy | status | monitor | release | claim | reasons | log | witness)
                if [[ ! $command ]]; then
                    command=$word
                elif [[ $command == log && ! $sub ]]; then  # log list, log show, log verify, log status
                    sub=$word
                fi ;;
            init | root | authority | issue | revoke)
                [[ $command == pki && ! $sub ]] && sub=$word ;;
            check | try | explain | generate)
                [[ $command == policy && ! $sub ]] && sub=$word ;;
            prove | export | fsck | rotate | serve | cosign)
                [[ $command == log && ! $sub ]] && sub=$word ;;
            key)
                [[ $command == witness && ! $sub ]] && sub=$word ;;
        esac
    done

    case $previous in
        -o | --output) COMPREPLY=($(compgen -W 'text json' -- "$current")); return ;;
        --color) COMPREPLY=($(compgen -W 'auto always never' -- "$current")); return ;;
        --profile) COMPREPLY=($(compgen -W 'cma vendor none' -- "$current")); return ;;
        --min-version) COMPREPLY=($(compgen -W '1.0 1.1 1.2 1.3' -- "$current")); return ;;
        --revocation) COMPREPLY=($(compgen -W 'check require' -- "$current")); return ;;
        --kind) COMPREPLY=($(compgen -W 'evidence verdict change new-key' -- "$current")); return ;;
        --time) COMPREPLY=($(compgen -W 'now ignore' -- "$current")); return ;;
        --transport) COMPREPLY=($(compgen -W 'mctp pci_doe none' -- "$current")); return ;;
        --framing) COMPREPLY=($(compgen -W 'qemu spdm-emu' -- "$current")); return ;;
        --slot) COMPREPLY=($(compgen -W '0 1 2 3 4 5 6 7' -- "$current")); return ;;
        --asym) COMPREPLY=($(compgen -W "$algorithms" -- "$current")); return ;;
        --hash) COMPREPLY=($(compgen -W 'sha256 sha384 sha512 sha3-256 sha3-384 sha3-512' -- "$current")); return ;;
        --sysfs | --state | --mount | --out | --issuer | --runtime | --log) COMPREPLY=($(compgen -d -- "$current")); return ;;
        --machine | --anchors | --reference | --record | --evidence | --chain | --policy | --write | --key | --logs | --bundle | --checkpoint | --since-checkpoint | --signing-key | --next-key | --database | --proof | --log-key | --log-policy | --entry) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --socket | --listen | --nonce | --name | --organization | --cma-name | --device-info | --not-before | --not-after | --next-update | --prefix | --every) return ;;
    esac

    case $command in
        '') COMPREPLY=($(compgen -W "list authenticate show measure verify decode doctor emulate pki policy status monitor release claim reasons log witness --version $common" -- "$current")); return ;;
        list | doctor) options=$place ;;
        authenticate) options="$devices $judging --slot --measure --evidence" ;;
        show) options="$devices $judging --slot" ;;
        measure) options="$devices $judging --slot --record --raw --one-by-one" ;;
        verify) options="--chain $judging --proof --log-key --log-policy --log --checkpoint --entry" ;;
        decode) options='--hex --all-bytes --hash --asym' ;;
        emulate) options='--machine --mount --listen --framing --transport --device --keep-serving --state' ;;
        reasons) options='--roff' ;;
        status) options='--all --runtime' ;;
        release | claim) options='--runtime' ;;
        monitor) options='--bus --changes --notify' ;;
        log)
            case $sub in
                '') COMPREPLY=($(compgen -W "status list show prove verify export fsck rotate serve cosign $common" -- "$current")); return ;;
                status | export) options=$logged ;;
                list) options="$logged --from --to --device --kind --since --failed" ;;
                show) options="$logged --raw --bundle $judging" ;;
                prove) options="$logged --checkpoint --write" ;;
                verify) options="$logged --from --to --since-checkpoint --anchors --time" ;;
                fsck) options="$logged --minimum" ;;
                rotate) options='--log --signing-key --next-key --provider --database' ;;
                serve) options='--log --listen' ;;
                cosign) options='--log --policy --state --every --once' ;;
            esac ;;
        witness)
            case $sub in
                '') options='--key --logs --state --listen --prefix' ;;
                key) COMPREPLY=($(compgen -W "create --key --algorithm $common" -- "$current")); return ;;
            esac ;;
        policy)
            case $sub in
                '') COMPREPLY=($(compgen -W "check try explain generate $common" -- "$current")); return ;;
                try) options="$place $judging" ;;
                explain) options="$devices $judging --policy" ;;
                generate) options="$place $judging --write" ;;
            esac ;;
        pki)
            case $sub in
                '') COMPREPLY=($(compgen -W "init root authority issue revoke $common" -- "$current")); return ;;
                revoke) options='--issuer --out --next-update' ;;
                *) options='--organization --name --asym --not-before --not-after' ;;&
                root) options+=' --out' ;;
                authority) options+=' --issuer --out' ;;
                issue) options+=" --issuer --out --cma-name --device --device-info --alias $place" ;;
            esac ;;
    esac

    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options $common" -- "$current"))
        return
    fi
    case $command in
        authenticate | show | measure) COMPREPLY=($(compgen -W "$(_busguard_devices)" -- "$current")) ;;
        verify | decode) COMPREPLY=($(compgen -f -- "$current")) ;;
        witness) COMPREPLY=($(compgen -W 'key' -- "$current")) ;;
        pki) COMPREPLY=($(compgen -d -- "$current")) ;;
        policy)
            case $sub in
                check | try) COMPREPLY=($(compgen -f -- "$current")) ;;
                explain) COMPREPLY=($(compgen -W "$(_busguard_devices)" -- "$current")) ;;
            esac ;;
    esac
}

complete -o filenames -o bashdefault -F _busguard busguard
