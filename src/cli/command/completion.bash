_tallyman() {
    local cur=${COMP_WORDS[COMP_CWORD]} word i
    local flags names files config=()
    COMPREPLY=()
    for ((i = 3; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i - 1]} in
        -c | --config) config=(-c "${COMP_WORDS[i]/#\~\//$HOME/}") ;;
        esac
    done
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W "$(_tallyman_commands | cut -d : -f 1) --help --version" -- "$cur"))
        return
    fi
    _tallyman_offer "${COMP_WORDS[0]}" "${COMP_WORDS[1]}" \
        "${COMP_WORDS[COMP_CWORD - 1]}" "${config[@]}"
    if [[ $cur == -* && $flags ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$cur"))
    elif [[ $files ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    else
        # Names come from clients: the shell must not expand anything in them.
        while read -r word; do
            [[ $word && $word == "$cur"* ]] && COMPREPLY+=("$word")
        done <<< "$names"
    fi
}
complete -o filenames -F _tallyman tallyman
