/**
 * One seed for all property tests, so that a run that was green is green again; DROVER_SEED tries another one, and a
 * failure prints the seed that it came of.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['DROVER_SEED'] ?? 20_261_121) });
