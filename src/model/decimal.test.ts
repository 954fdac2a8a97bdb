import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDecimals, magnitudeOf, multiplyDecimals, parseDecimal, subtractDecimals } from './decimal.ts';

const decimal = (text: string) => parseDecimal(text) ?? { digits: 404n, scale: 404 };

describe('parseDecimal()', () => {
  it('reads what Postgres and JavaScript write', () => {
    expect(['12', '-0.50', '+7', '1e+21', '2.5E-3'].map(parseDecimal)).toEqual([
      { digits: 12n, scale: 0 },
      { digits: -50n, scale: 2 },
      { digits: 7n, scale: 0 },
      { digits: 10n ** 21n, scale: 0 },
      { digits: 25n, scale: 4 },
    ]);
  });

  it.each(['', 'NaN', 'Infinity', '-', '.5', '5.', '1_000', '0x1', '1e9999', '1e-1001', ' 1', '1 ', '9'.repeat(1_001)])(
    'refuses %j',
    (text) => expect(parseDecimal(text)).toBeUndefined(),
  );
});

describe('decimals', () => {
  it('are compared, subtracted and multiplied exactly', () => {
    const cents = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    const write = (value: bigint) => {
      const text = String(value < 0n ? -value : value).padStart(3, '0');
      return `${value < 0n ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`;
    };
    fc.assert(
      fc.property(cents, cents, (one, other) => {
        const [first, second] = [decimal(write(one)), decimal(write(other))];
        expect(compareDecimals(first, second)).toBe(one < other ? -1 : one > other ? 1 : 0);
        expect(compareDecimals(subtractDecimals(first, second), decimal(write(one - other)))).toBe(0);
        expect(multiplyDecimals(first, second)).toEqual({ digits: one * other, scale: 4 });
        expect(compareDecimals(magnitudeOf(first), decimal('0'))).toBe(one === 0n ? 0 : 1);
      }),
    );
  });

  it('are equal whatever their scale', () => {
    expect(compareDecimals(decimal('1.50'), decimal('1.5'))).toBe(0);
    expect(compareDecimals(decimal('0.1'), decimal('1e-2'))).toBe(1);
  });
});
