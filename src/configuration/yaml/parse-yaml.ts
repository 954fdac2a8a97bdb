import { isMap, isScalar, parseAllDocuments } from 'yaml';
import type { ConfigurationKey, Finding } from '../../model/index.ts';
import { createLocator } from '../../system/index.ts';
import type { ParsedText, TextSource } from '../format.ts';
import { isMapping } from '../settings.ts';
import { editYaml, maskYaml } from './edit-yaml.ts';
import { findEntry, type YamlText } from './yaml-text.ts';

/** Reads a YAML text of one document whose root is a mapping, or which is empty. */
export function parseYaml({ path, text }: TextSource): ParsedText {
  const place = createLocator(text);
  const report = (code: string, at: number, message: string): Finding => ({
    code,
    severity: 'error',
    message,
    position: { file: path, ...place(at) },
  });
  const documents = [...parseAllDocuments(text, { uniqueKeys: true, version: '1.2', merge: true })];
  const [document, second] = documents;
  const findings = documents
    .flatMap(({ errors, warnings }) => [...errors, ...warnings])
    .map(({ message, pos, code }) =>
      report(
        code === 'DUPLICATE_KEY' ? 'configuration.duplicate-key' : 'configuration.syntax',
        pos[0],
        firstLine(message),
      ),
    );
  if (second) findings.push(report('configuration.syntax', second.range[0], 'holds more than one document'));
  const contents = document?.contents ?? null;
  const isEmpty = contents === null || (isScalar(contents) && contents.value === null);
  let settings: unknown = {};
  if (findings.length === 0 && !isEmpty) {
    try {
      settings = document?.toJS();
    } catch (error) {
      findings.push(report('configuration.syntax', 0, firstLine((error as Error).message)));
    }
    if (!isMap(contents) || !isMapping(settings))
      findings.push(report('configuration.syntax', contents?.range?.[0] ?? 0, 'is no mapping of keys'));
  }
  const whole: YamlText = { text, root: isMap(contents) ? contents : undefined };
  const offsetOf = (key: ConfigurationKey): number => {
    for (let length = key.length; length > 0; length -= 1) {
      const entry = findEntry(whole, key.slice(0, length));
      if (entry) return entry.keyAt[0];
    }
    return 0;
  };
  return {
    findings,
    settings: isMapping(settings) ? settings : {},
    locate: (key) => ({ file: path, ...place(offsetOf(key)) }),
    edit: (edit) => editYaml(whole, edit),
    mask: (isSecret) => maskYaml(whole, isSecret),
  };
}

function firstLine(text: string): string {
  const line = (text.split('\n')[0] ?? text).replace(/ at line \d+, column \d+:?$/, '');
  return line.charAt(0).toLowerCase() + line.slice(1);
}
