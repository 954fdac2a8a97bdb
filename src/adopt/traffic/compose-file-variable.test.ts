import { describe, expect, it } from 'vitest';
import { readComposeFiles, writeComposeFiles } from './compose-file-variable.ts';

const FILES = ['compose.yaml', 'compose.onward.yaml'];

describe('readComposeFiles()', () => {
  it.each([
    ['COMPOSE_FILE=a.yaml:b.yaml\n', ['a.yaml', 'b.yaml']],
    ['A=1\nexport COMPOSE_FILE = "a.yaml:b.yaml" # ours\n', ['a.yaml', 'b.yaml']],
    ['COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=a.yaml,b.yaml', ['a.yaml', 'b.yaml']],
    ['# COMPOSE_FILE=a.yaml\n', undefined],
    ['COMPOSE_FILE=\n', undefined],
  ])('reads %j', (text, files) => {
    expect(readComposeFiles(text)).toEqual(files);
  });
});

describe('writeComposeFiles()', () => {
  it.each([
    ['', 'COMPOSE_FILE=compose.yaml:compose.onward.yaml\n'],
    ['A=1', 'A=1\nCOMPOSE_FILE=compose.yaml:compose.onward.yaml\n'],
    ['# ours\nCOMPOSE_FILE=x.yaml\nB=$2\n', '# ours\nCOMPOSE_FILE=compose.yaml:compose.onward.yaml\nB=$2\n'],
    [
      'COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=x.yaml',
      'COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=compose.yaml,compose.onward.yaml',
    ],
  ])('leaves everything else of %j as it is', (text, expected) => {
    expect(writeComposeFiles(text, FILES)).toBe(expected);
    expect(readComposeFiles(expected)).toEqual(FILES);
  });
});
