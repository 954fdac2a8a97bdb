import { z } from 'zod';
import { isRange, isVersion } from '../model/index.ts';

export const digestShape = z.templateLiteral(['sha256:', z.string().regex(/^[0-9a-f]{64}$/)], {
  error: 'must be sha256: and 64 hex digits',
});
export const versionShape = z.string().refine(isVersion, { error: 'must be a version, such as 1.2.0' });
export const rangeShape = z.string().refine(isRange, { error: 'must be a version range, such as ">=1.2 <2"' });
