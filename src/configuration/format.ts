import type { ConfigurationKey, Finding, Position } from '../model/index.ts';

/** What a text says: mappings by key. An env file is one mapping of texts. */
export interface Settings {
  readonly [name: string]: unknown;
}

/** One change of a text; it is made only where it changes something. */
export type Edit =
  | {
      readonly kind: 'add';
      readonly key: ConfigurationKey;
      readonly value: string | number | boolean;
      /** One line that stands above the key. */
      readonly comment: string;
    }
  | { readonly kind: 'rename'; readonly key: ConfigurationKey; readonly to: ConfigurationKey }
  | { readonly kind: 'remove'; readonly key: ConfigurationKey };

/** A configuration text that was read. Offsets stay inside: what is asked for is always the whole text. */
export interface ParsedText {
  /** Why it cannot be used; nothing else may be asked then. */
  readonly findings: readonly Finding[];
  readonly settings: Settings;
  /** Where a key stands, or the nearest mapping around it. */
  locate(key: ConfigurationKey): Position;
  /** The text with the edit made and every other byte as it was; `undefined` where this text does not allow it. */
  edit(edit: Edit): string | undefined;
  /** The text with the chosen values, and what stands behind them on their lines, replaced by `‹secret›`. */
  mask(isSecret: (key: ConfigurationKey) => boolean): string;
}

export interface TextSource {
  readonly path: string;
  readonly text: string;
}

/** Reads a text of one format. */
export type ParseText = (source: TextSource) => ParsedText;

export const SECRET_MARK = '‹secret›';

/** The line end that a text uses: that of its first line. */
export function lineEndOf(text: string): '\r\n' | '\n' {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}
