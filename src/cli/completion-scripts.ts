import type { Shell } from './completion.ts';

/** The script by which a shell asks `completion suggest` of the program that it completes. */
export function completionScript(shell: Shell, name: string): string {
  const call = `_${name.replaceAll(/\W/g, '_')}`;
  return `${scripts[shell].join('\n').replaceAll('NAME', name).replaceAll('FUNCTION', call)}\n`;
}

const scripts: Readonly<Record<Shell, readonly string[]>> = {
  bash: [
    '# Completion of NAME for bash: source <(NAME completion bash)',
    'FUNCTION() {',
    '  local line',
    '  COMPREPLY=()',
    '  while IFS= read -r line; do',
    '    if [ "$line" = \':files\' ]; then',
    '      compopt -o default 2>/dev/null',
    '    else',
    `      COMPREPLY+=("\${line%%$'\\t'*}")`,
    '    fi',
    '  done < <("${COMP_WORDS[0]}" completion suggest -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)',
    '}',
    'complete -F FUNCTION NAME',
  ],
  zsh: [
    '#compdef NAME',
    '# Completion of NAME for zsh: NAME completion zsh > "${fpath[1]}/_NAME"',
    'FUNCTION() {',
    '  local line files=0',
    '  local -a found',
    '  for line in "${(@f)$("${words[1]}" completion suggest -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do',
    "    if [[ $line == ':files' ]]; then",
    '      files=1',
    '    elif [[ -n $line ]]; then',
    `      found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")`,
    '    fi',
    '  done',
    "  (( $#found )) && _describe 'NAME' found",
    '  (( files )) && _files',
    '}',
    'if [ "$funcstack[1]" = "_NAME" ]; then',
    '  FUNCTION "$@"',
    'else',
    '  compdef FUNCTION NAME',
    'fi',
  ],
  fish: [
    '# Completion of NAME for fish: NAME completion fish > ~/.config/fish/completions/NAME.fish',
    'function FUNCTION',
    '  set -l words (commandline -opc) (commandline -ct)',
    '  set -l files 0',
    '  for line in (command $words[1] completion suggest -- $words[2..-1] 2>/dev/null)',
    '    if test "$line" = \':files\'',
    '      set files 1',
    '    else',
    '      echo $line',
    '    end',
    '  end',
    '  if test $files = 1',
    '    __fish_complete_path (commandline -ct)',
    '  end',
    'end',
    "complete -c NAME -f -a '(FUNCTION)'",
  ],
};
