import type { RelationName } from '../../sql/index.ts';
import { isMeasuredType } from '../facts/facts.ts';
import { parseTypeText } from '../facts/type-pair.ts';
import type { ModelType } from '../schema-model/schema-model.ts';
import type { Prediction } from './prediction.ts';

/** The type of a user, by its name as `format_type` writes it; `undefined` for a built-in one, `unknown` for one that was not seen. */
export function findUserType(prediction: Prediction, text: string): ModelType | 'unknown' | undefined {
  const { base } = parseTypeText(text);
  const found = prediction.schema.findType(nameOf(base));
  if (found) return found;
  if (isMeasuredType(base) || prediction.schema.findTable(nameOf(base))) return undefined;
  return 'unknown';
}

function nameOf(base: string): RelationName {
  const dot = base.indexOf('.');
  return dot === -1 ? { name: base } : { schema: base.slice(0, dot), name: base.slice(dot + 1) };
}

/**
 * A type without the domains around it, as far as they are known. `isConstrained`: one of them has a check or forbids nulls.
 */
export function unwrapDomain(
  prediction: Prediction,
  text: string,
): { readonly text: string; readonly isConstrained: boolean; readonly type: ModelType | 'unknown' | undefined } {
  let isConstrained = false;
  let current = text;
  for (let depth = 0; depth < 32; depth += 1) {
    const type = current.endsWith('[]') ? undefined : findUserType(prediction, current);
    if (type === undefined || type === 'unknown' || type.kind !== 'domain' || type.baseType === undefined) {
      return { text: current, isConstrained, type };
    }
    isConstrained ||= type.isConstrained === true;
    current = type.baseType;
  }
  return { text: current, isConstrained, type: 'unknown' };
}
