import { z } from 'zod';
import { isRange, isVersion } from '../model/index.ts';

export const digestShape = z.templateLiteral(['sha256:', z.string().regex(/^[0-9a-f]{64}$/)], {
  error: 'must be sha256: and 64 hex digits',
});
export const versionShape = z.string().refine(isVersion, { error: 'must be a version, such as 1.2.0' });
export const rangeShape = z.string().refine(isRange, { error: 'must be a version range, such as ">=1.2 <2"' });

/** A program and its arguments in one text. */
export const wordsShape = z
  .string()
  .refine((text) => !/["'`\\$|&;<>]/.test(text), {
    error: 'must hold no quotes or shell characters, because no shell reads it: write a list, such as [node, main.mjs]',
  })
  .refine((text) => text.trim() !== '', { error: 'must name a program' });

/** A program and its arguments. */
export const commandShape = z.union([wordsShape, z.array(z.string().min(1)).min(1, { error: 'must name a program' })]);

/** Its argv. */
export function buildCommand(command: z.output<typeof commandShape>): readonly string[] {
  return typeof command === 'string' ? command.trim().split(/\s+/) : command;
}
