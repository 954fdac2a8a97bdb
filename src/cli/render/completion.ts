// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text is shell, not TypeScript
import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Words {
  /** `onward` or `onward release build`. */
  readonly path: string;
  readonly words: readonly string[];
}

/** A completion script made from the command tree, so that it cannot fall behind it. */
export function renderCompletion(shell: Shell, program: Command): string {
  const tree = collectWords(program, 'onward');
  switch (shell) {
    case 'bash':
      return renderBash(tree);
    case 'zsh':
      return `#compdef onward\nautoload -U +X bashcompinit && bashcompinit\n${renderBash(tree)}`;
    case 'fish':
      return renderFish(tree);
  }
}

function collectWords(command: Command, path: string): readonly Words[] {
  const options = command.options.flatMap((option) => option.long ?? []);
  const words = [...command.commands.map((child) => child.name()), ...options, '--help'];
  return [{ path, words }, ...command.commands.flatMap((child) => collectWords(child, `${path} ${child.name()}`))];
}

function renderBash(tree: readonly Words[]): string {
  const cases = tree.map(({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;`);
  return [
    '_onward() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" path="onward" words="" index word',
    '  for ((index = 1; index < COMP_CWORD; index++)); do',
    '    word="${COMP_WORDS[index]}"',
    '    [[ "$word" == -* ]] || path="$path $word"',
    '  done',
    '  case "$path" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))',
    '}',
    'complete -F _onward onward',
    '',
  ].join('\n');
}

function renderFish(tree: readonly Words[]): string {
  const lines = tree.flatMap(({ path, words }) => {
    const [, ...parents] = path.split(' ');
    const condition =
      parents.length === 0
        ? '__fish_use_subcommand'
        : parents.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    return words.map((word) =>
      word.startsWith('--')
        ? `complete -c onward -n '${condition}' -l ${word.slice(2)}`
        : `complete -c onward -n '${condition}' -f -a ${word}`,
    );
  });
  return `${lines.join('\n')}\n`;
}
