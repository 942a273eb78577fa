import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import en from '@/i18n/en'
import zh from '@/i18n/zh-CN'

type Area = Record<string, string>
const areas = Object.keys(en) as (keyof typeof en)[]
const placeholders = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort()

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return sources(path)
    return /\.(vue|ts)$/.test(name) ? [readFileSync(path, 'utf8')] : []
  })
}

describe.each(areas)('the catalogue %s', (area) => {
  const english: Area = en[area]
  const chinese: Area = zh[area]

  test('has the same keys in both languages', () => {
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort())
  })

  test('has the same placeholders in both languages', () => {
    const differing = Object.keys(english).filter((key) => placeholders(english[key] ?? '').join() !== placeholders(chinese[key] ?? '').join())
    expect(differing).toEqual([])
  })

  test('has no empty text', () => {
    expect(Object.entries({ ...english, ...chinese }).filter(([, text]) => text.trim() === '')).toEqual([])
  })
})

const code = sources('src').join('\n')
const everyKey = areas.flatMap((area) => Object.keys(en[area]).map((key) => `${area}.${key}`))

test('every key that the code names is in the catalogues', () => {
  const named = [...code.matchAll(/(?:\bte?\(|\blabel: |\bgroup\()'([a-z]+\.[a-z0-9_-]+)'/g)].map((match) => match[1])
  expect(named.length).toBeGreaterThan(200)
  expect([...new Set(named)].filter((key) => !everyKey.includes(key ?? ''))).toEqual([])
})

test('every text in the catalogues is used by the code', () => {
  const stems = [...code.matchAll(new RegExp(`\`((?:${areas.join('|')})\\.[a-z0-9_]*)\\$\\{`, 'g'))].map((match) => match[1] ?? '')
  const unused = everyKey.filter((key) => !code.includes(`'${key}'`) && !stems.some((stem) => key.startsWith(stem)))
  expect(unused).toEqual([])
})
