import type { ConfigurationFile } from '../model/index.ts';
import { parseEnv } from './env/parse-env.ts';
import type { ParseText } from './format.ts';

/** The parser of YAML is loaded with the first file that needs it. */
export async function chooseParser(format: ConfigurationFile['format']): Promise<ParseText> {
  if (format === 'env') return parseEnv;
  const { parseYaml } = await import('./yaml/parse-yaml.ts');
  return parseYaml;
}
