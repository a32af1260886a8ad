import assert from 'node:assert/strict';
import { EdgeError, messageOf, stackOf } from '../../../edge/errors.js';

describe('an edge error', () => {
  it('takes its text, origin and status from the table', () => {
    const error = new EdgeError('E_BIND', { address: '127.0.0.1:80', reason: 'in use' });
    assert.equal(error.message, 'could not bind to address 127.0.0.1:80: in use');
    assert.equal(error.origin, 'config');
    assert.equal(error.retry, 'no');
  });

  it('keeps its cause', () => {
    const cause = new Error('below');
    assert.equal(new EdgeError('E_BIND', {}, cause).cause, cause);
  });

  it('shows a detail that was forgotten', () => {
    assert.match(new EdgeError('E_BIND', { address: 'a' }).message, /\{reason\}/);
  });
});

describe('the message of whatever was thrown', () => {
  it('is that of an error, or the value as text', () => {
    assert.equal(messageOf(new Error('x')), 'x');
    assert.equal(messageOf(3), '3');
    assert.match(stackOf(new Error('x')), /Error: x\n\s+at /);
    assert.equal(stackOf('x'), 'x');
  });
});
