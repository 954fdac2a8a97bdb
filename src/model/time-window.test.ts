import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addOpenTime, isInWindows, nextOpening, parseTimeWindow, type TimeWindow } from './time-window.ts';

const MINUTE_MS = 60_000;
const at = (text: string): number => Date.parse(text);

function read(text: string): TimeWindow {
  const window = parseTimeWindow(text);
  if ('problem' in window) throw new Error(window.problem);
  return window;
}

/** Whether the window is open, by another way to read a clock than the module's. */
function isOpenByHand({ days, from, to, zone }: TimeWindow, atMs: number): boolean {
  const local = new Date(`${new Date(atMs).toLocaleString('sv-SE', { timeZone: zone }).replace(' ', 'T')}Z`);
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  const day = (local.getUTCDay() + 6) % 7;
  const begins = minute >= from && (from > to || minute < to) ? day : from > to && minute < to ? (day + 6) % 7 : -1;
  return days.includes(begins);
}

const ZONES = ['UTC', 'Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia'];
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const anyWindow = fc
  .record({
    from: fc.integer({ min: 0, max: 1439 }),
    to: fc.integer({ min: 0, max: 1440 }),
    days: fc.option(fc.tuple(fc.constantFrom(...DAYS), fc.constantFrom(...DAYS))),
    zone: fc.constantFrom(...ZONES),
  })
  .filter(({ from, to }) => from !== to)
  .map(({ from, to, days, zone }) => read(`${days ? `${days.join('-')} ` : ''}${clock(from)}-${clock(to)} ${zone}`));
/** Both changes of the clock of 2026 in every zone are likely to be met. */
const anyMoment = fc.oneof(
  fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') }),
  fc.integer({ min: at('2026-03-28T12:00:00Z'), max: at('2026-03-29T12:00:00Z') }),
  fc.integer({ min: at('2026-10-24T12:00:00Z'), max: at('2026-10-25T12:00:00Z') }),
);

describe('parseTimeWindow()', () => {
  it('reads times and a zone, with days or without', () => {
    expect(parseTimeWindow('22:00-06:00 Europe/Zurich')).toEqual({
      text: '22:00-06:00 Europe/Zurich',
      days: [0, 1, 2, 3, 4, 5, 6],
      from: 1_320,
      to: 360,
      zone: 'Europe/Zurich',
    });
    expect(parseTimeWindow('Sat-Sun 00:00-24:00 UTC')).toMatchObject({ days: [5, 6], from: 0, to: 1_440 });
    expect(parseTimeWindow('Mon,Wed-Thu 01:30-02:00 UTC')).toMatchObject({ days: [0, 2, 3], from: 90, to: 120 });
    expect(parseTimeWindow('Sat-Mon 01:30-02:00 UTC')).toMatchObject({ days: [0, 5, 6] });
  });

  const WRONG: readonly (readonly [text: string, problem: string])[] = [
    ['', 'must be a time window such as "22:00-06:00 Europe/Zurich" or "Sat-Sun 00:00-24:00 UTC"'],
    ['22:00-06:00', 'must be a time window such as'],
    ['22-06 UTC', 'must be a time window such as'],
    [' 22:00-06:00 UTC', 'must be a time window such as'],
    ['22:00-06:00 UTC and more', 'must be a time window such as'],
    ['24:00-06:00 UTC', 'must begin at a time from 00:00 to 23:59, not at 24:00'],
    ['22:60-06:00 UTC', 'must begin at a time from 00:00 to 23:59, not at 22:60'],
    ['22:00-24:01 UTC', 'must end at a time from 00:00 to 24:00, not at 24:01'],
    ['06:00-06:00 UTC', 'must not end when it begins; the whole day is 00:00-24:00'],
    ['Mo-Fri 06:00-07:00 UTC', 'must name days such as Mon-Fri or Sat,Sun, not "Mo-Fri"'],
    ['Mon-Wed-Fri 06:00-07:00 UTC', 'must name days such as Mon-Fri or Sat,Sun, not "Mon-Wed-Fri"'],
    ['06:00-07:00 Europe/Zurick', 'must name a time zone such as UTC or Europe/Zurich, not "Europe/Zurick"'],
    ['06:00-07:00 +02:00', 'must name a time zone such as UTC or Europe/Zurich, not "+02:00"'],
  ];
  for (const [text, problem] of WRONG)
    it(`refuses "${text}"`, () => {
      expect(parseTimeWindow(text)).toEqual({ problem: expect.stringContaining(problem) });
    });
});

describe('isInWindows()', () => {
  it('follows the clock of the zone, in winter and in summer', () => {
    const nights = [read('22:00-06:00 Europe/Zurich')];
    expect(isInWindows(nights, at('2026-01-10T20:59:59Z'))).toBe(false);
    expect(isInWindows(nights, at('2026-01-10T21:00:00Z'))).toBe(true);
    expect(isInWindows(nights, at('2026-01-11T04:59:59Z'))).toBe(true);
    expect(isInWindows(nights, at('2026-01-11T05:00:00Z'))).toBe(false);
    expect(isInWindows(nights, at('2026-07-10T20:00:00Z'))).toBe(true);
    expect(isInWindows(nights, at('2026-07-11T04:00:00Z'))).toBe(false);
  });

  it('counts a night to the day on which it begins', () => {
    const fridayNight = [read('Fri 22:00-06:00 UTC')];
    expect(isInWindows(fridayNight, at('2026-11-20T23:00:00Z'))).toBe(true);
    expect(isInWindows(fridayNight, at('2026-11-21T05:00:00Z'))).toBe(true);
    expect(isInWindows(fridayNight, at('2026-11-20T05:00:00Z'))).toBe(false);
    expect(isInWindows(fridayNight, at('2026-11-21T23:00:00Z'))).toBe(false);
  });

  it('has no hour that the clock leaves out, and has the one that it shows twice both times', () => {
    const hour = [read('02:00-03:00 Europe/Zurich')];
    const openMinutes = (day: string) =>
      Array.from({ length: 1_440 }, (_, minute) => at(`${day}T00:00:00Z`) + minute * MINUTE_MS).filter((moment) =>
        isInWindows(hour, moment),
      ).length;
    expect(openMinutes('2026-03-28')).toBe(60);
    expect(openMinutes('2026-03-29')).toBe(0);
    expect(openMinutes('2026-10-25')).toBe(120);
  });

  it('agrees with the calendar in every zone at every moment', () => {
    fc.assert(
      fc.property(fc.array(anyWindow, { minLength: 1, maxLength: 3 }), anyMoment, (windows, moment) => {
        expect(isInWindows(windows, moment)).toBe(windows.some((window) => isOpenByHand(window, moment)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is always so without windows', () => {
    expect(isInWindows([], 0)).toBe(true);
  });
});

describe('nextOpening()', () => {
  it('is the first minute that is open, and no minute before it is', () => {
    fc.assert(
      fc.property(fc.array(anyWindow, { minLength: 1, maxLength: 2 }), anyMoment, (windows, moment) => {
        const opening = nextOpening(windows, moment);
        expect(opening).toBeDefined();
        if (opening === undefined) return;
        expect(isInWindows(windows, opening)).toBe(true);
        for (let before = moment; before < opening; before += 7 * MINUTE_MS)
          expect(isInWindows(windows, before)).toBe(false);
        if (opening > moment) expect(isInWindows(windows, opening - 1)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

describe('addOpenTime()', () => {
  it('counts only the time in the windows', () => {
    const nights = [read('22:00-06:00 UTC')];
    const end = (from: string, hours: number) => new Date(addOpenTime(nights, at(from), hours * 3_600_000) ?? 0);
    expect(end('2026-11-20T12:00:00Z', 8)).toEqual(new Date('2026-11-21T06:00:00Z'));
    expect(end('2026-11-20T12:00:00Z', 9)).toEqual(new Date('2026-11-21T23:00:00Z'));
    expect(end('2026-11-20T23:30:30Z', 1)).toEqual(new Date('2026-11-21T00:30:30Z'));
    expect(addOpenTime([], 5, 7)).toBe(12);
    expect(addOpenTime(nights, 0, 200 * 24 * 3_600_000)).toBeUndefined();
  });

  it('leaves as much open time behind as it was given', () => {
    fc.assert(
      fc.property(anyWindow, anyMoment, fc.integer({ min: 1, max: 600 }), (window, moment, minutes) => {
        const from = Math.ceil(moment / MINUTE_MS) * MINUTE_MS;
        const end = addOpenTime([window], from, minutes * MINUTE_MS);
        // Long waits for a short window make a slow proof.
        if (end === undefined || end - from > 86_400_000) return;
        let open = 0;
        for (let passed = from; passed < end; passed += MINUTE_MS) if (isInWindows([window], passed)) open += 1;
        expect(open).toBe(minutes);
      }),
      { numRuns: 100 },
    );
  });
});
