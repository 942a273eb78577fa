import { describe, expect, test } from 'vitest'
import { FIRST_WORDS, faultOf, hasSubject, KINDS } from '@/templates/kinds'

describe('words of a template', () => {
  test.each([
    ['acknowledgement', 'text', 'Thank you, {{contact_name}}', null],
    ['acknowledgement', 'text', 'Thank you, {{ agent_name }}', { key: 'unknown', variable: 'agent_name' }],
    ['acknowledgement', 'subject', 'Re: {{subject', { key: 'braces' }],
    ['acknowledgement', 'subject', ' ', { key: 'empty' }],
    ['signature', 'html', '', null],
    ['frame', 'text', 'Hello', { key: 'body', variable: 'body' }],
    ['frame', 'html', '<p>{{body}}</p>', null],
  ] as const)('%s, %s %j: %j', (kind, field, words, fault) => {
    expect(faultOf(kind, field, words)).toEqual(fault)
  })

  test.each(KINDS)('the first words of a %s have no fault', (kind) => {
    const fields = hasSubject(kind) ? (['subject', 'text'] as const) : (['text'] as const)
    expect(fields.map((field) => faultOf(kind, field, FIRST_WORDS[kind][field]))).toEqual(fields.map(() => null))
  })
})
