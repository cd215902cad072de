import t from 'tap'
import { inSentence } from '../../../src/web/rendering.ts'

t.test('a label within a sentence begins small, unless it begins with a name or an abbreviation', async (t) => {
  for (const [label, words] of [
    ['Information governance review', 'information governance review'],
    ['Safeguard adults at risk under the Care Act', 'safeguard adults at risk under the Care Act'],
    ['SIRO accepts the risk that is left', 'SIRO accepts the risk that is left'],
    ['DPO review', 'DPO review'],
    ['ICT support by a processor', 'ICT support by a processor'],
    ['Caldicott Guardian', 'Caldicott Guardian'],
    ['Blue Badge fraud', 'Blue Badge fraud'],
    ['Prevent and Channel', 'Prevent and Channel'],
  ] as const)
    t.equal(inSentence(label), words)
})
