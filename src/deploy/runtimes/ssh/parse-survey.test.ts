import { describe, expect, it } from 'vitest';
import { parseSurvey } from './parse-survey.ts';

describe('parseSurvey()', () => {
  it.each([
    ['a number of bytes', 'used api 9f 4096', [{ service: 'api', hex: '9f', bytes: 4_096 }]],
    ['less than its cache a moment later', 'used api 9f -10', [{ service: 'api', hex: '9f', bytes: 0 }]],
    ['a container that does not tell', 'used api 9f unknown', [{ service: 'api', hex: '9f', bytes: undefined }]],
    ['a unit that does not run', 'used api 9f [not set]', []],
    ['a unit whose memory systemd does not count', 'used api 9f 18446744073709551615', []],
  ])('reads memory of %s', (_, line, used) => {
    expect(parseSurvey(`memory 100\n${line}\n`)).toMatchObject({ memoryBytes: 102_400, used });
  });
});
