_tallyman() {
    local -a list config
    local flags names files i
    list=(${(f)"$(_tallyman_commands)"})
    if (( CURRENT == 2 )); then
        _describe command list
        return
    fi
    for (( i = 4; i < CURRENT; i++ )); do
        case $words[i-1] in
        -c | --config) config=(-c ${${(Q)words[i]}/#\~\//$HOME/}) ;;
        esac
    done
    _tallyman_offer $words[1] $words[2] $words[CURRENT-1] $config
    if [[ $words[CURRENT] == -* && -n $flags ]]; then
        compadd -- ${=flags}
    elif [[ -n $files ]]; then
        _files
    else
        compadd -- ${(f)names}
    fi
}
_tallyman "$@"
