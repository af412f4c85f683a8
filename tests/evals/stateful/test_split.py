"""Context and question are told apart, also where a stop ends no sentence. All texts are made up for this test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.evals.stateful.split import Split, split, split_sentences

# "context || question", or "context || question || what stands behind it and belongs to the context".
PLAIN = """\
Noor picks 12 plums. She eats 3 of them. || How many plums are left?
Noor picks 12 plums. || How many plums are left if she eats 3?
A plum costs $0.25. || How much do 8 plums cost?
A call costs £0.1 per two minutes. After that the price drops to £0.05 per minute. || What do 9 minutes cost?
The tank holds 3.75 litres. It leaks 0.5 litres an hour. || After how many hours is it empty?
The rate is 1.5. After a year it rises to 2.25. || By how much has it risen?
Tea costs ₣2.50 and cake ₣3.75. || How much change is there from ₣10.00?
A ribbon is 0.75 of a yard. || What is 0.5 of the ribbon?
It rains 2.5 inches. || What is 0.2 of that in inches?
Mr. Bell has 4 hens. Mrs. Bell has 7. || How many more hens has Mrs. Bell than Mr. Bell?
The fee is 12% of the price. || If Mrs. Reed gets 20% off, how much more will the total be than Mrs. Reed's budget?
The house has a price of $90000. || If Dr. Hale pays 5%, how much is left for Dr. Hale's son?
Ms. Fox lends 3 books to St. Anne's school. || How many books has Ms. Fox, if she had 10?
Prof. Lin and Jr. Chen read 40 pages. || How many pages does Prof. Lin read, if Jr. Chen reads 15?
J. Moss walks 4 miles. || How far does J. Moss walk in 3 days?
School begins at 8 a.m. on Mondays. It ends at 2 p.m. on Fridays. || How long is a school day?
The shop opens at 9 a.m. It closes at 5 p.m. || How many hours is it open?
A jar holds 16 oz. of jam. A cup holds 8 oz. Each guest takes one. || How many guests does a jar serve?
A bag weighs 5 lb. and a box 7 lb. || What do both weigh?
A board is 6 ft. long. It is cut in 3. || How long is each piece, in ft. and inches?
The box is 3 in. high. The shelf is 12 in. || How many boxes fit on top of each other?
"Take two!" says Ida. Ben takes three. || How many are gone?
"Are there any left?" asks Ida. There are 9. || How many does she see?
Ida wonders whether 12 will do. || Will 12 do for 5 guests who take 3 each?
He asks, "Is it far?" It is 14 km. || How long does he walk at 7 km an hour?
They wait ... and wait for 20 minutes. || How many seconds is that?
They wait... They leave after 20 minutes. || How many seconds is that?
What a day! Lea sells 14 loaves. || How many loaves are left of 20?
The pond has 5 frogs! 2 more come. || How many frogs are there?
A field has 8 rows with 6 trees each. || Calculate the number of trees.
A field has 8 rows with 6 trees each. || If half of them are cut, calculate the number of trees that are left.
A field has 8 rows. || Find how many trees there are, if each row has 6.
A field has 8 rows with 6 trees each. || Determine the number of trees.
A field has 8 rows of 6 trees. A third is cut. || Then find the number of trees that are left.
Sam has 3 pens and Kim 5. || how many have both?
Sam has 3 pens. kim has 5. || how many have both?
Sam has 3 pens, Kim 5, and Lee has 2 less than both combined. || If all pens are shared, how many does each get?
Each crate holds 24 jars. || On average, how many jars are sold a day, if 10 crates are sold in 4 days?
Each crate holds 24 jars. || By the end of the week, how many jars are sold, if it is 2 crates a day?
Nia runs 1/2 of the way. She walks 1/3. || What percentage of the way is left?
Ed's score is 1,250. Jo's is 2,400. || What is their average score?
A train (no. 7) leaves at noon. It is 60 km/h fast. || How far is it at 3 p.m.?
Nets vs. Hawks ends 98 to 91. || By how many points do the Nets win?
Ali earns $15/hour. He works 8 hours/day. || How much does he earn in 5 days?
A pool of 500 gal. fills in 10 min. Another takes twice as long. || How long do both take, one after the other?
There are 40 pupils. Half are girls. One-fifth of the girls wear hats. || How many girls wear no hat?
One crate weighs 12.5 kg. Ten crates go on a cart. || What do they weigh?
There are 9 ants. 4 leave. 7 come. || How many are there?
The farmer has hay. || How many trips does he need, if he has three carts?
Ana peels 5 potatoes a minute. || How long does she need for 60? || She cannot peel while she washes.
Ana peels 5 potatoes a minute. || How long does she need for 60? || It takes 4 minutes to wash them. She washes first.
He can answer 20 letters a day. || How many does he answer in 4 days? || On the last day he is 20% faster.
|| If Kit reads 5 pages a day for 10 days and then 8 a day, how many pages does she read in 2 weeks?
"""
TEX = r"""
Let $x$ be $2.5$ and $y = 4$. || Find $xy$.
Let $f(x) = 3x. 2$ hold for all $x$. || Find $f(1)$.
Let $a. b$ be a word. || Find the number of letters of $a.$
The ratio is $\tfrac{m}{n}$, where $m$ and $n$ are relatively prime. || Find $m+n$.
The ratio is \(\tfrac{p}{q}\). || Find \(p+q\).
The value is \[\frac{m}{n}.\] Here $m$ and $n$ are coprime. || Find $m+n.$
Let $17_b$ divide $97_b.$ Let $b$ be even. || Find $b.$
The area is $3a.$ || Find the remainder when $a$ is divided by $1000.$
$$x + y = 3.$$ The numbers are positive. || What is $x$?
Points $A$, $B$ lie on a line. || If $AB=4$, what is the length of half of it?
The sum can be written as $\frac{m}{n},$ where $m$ is even. || Find $m+n.$ || Here $i=\sqrt{-1}.$
|| Find the number of ways to fill the grid. || An example is \[\begin{array}{c} 1. \\ 2 \end{array}\]
|| Find the number of pairs with \begin{equation*} a + b = 5. \end{equation*}
|| Find all $z$ with \[z^2 = 4.\]
"""


def cases(table: str) -> list[tuple[str, str, str]]:
    parts = [[part.strip() for part in line.split("||")] for line in table.strip().splitlines()]
    return [(context, question, rest[0] if rest else "") for context, question, *rest in parts]


def check(context: str, question: str, behind: str, *, has_tex: bool) -> None:
    found = split(" ".join(part for part in (context, question, behind) if part), has_tex=has_tex)

    assert found == Split(" ".join(part for part in (context, behind) if part), question, bool(behind))


@pytest.mark.parametrize(("context", "question", "behind"), cases(PLAIN))
def test_a_problem_with_money(context: str, question: str, behind: str) -> None:
    check(context, question, behind, has_tex=False)


@pytest.mark.parametrize(("context", "question", "behind"), cases(TEX))
def test_a_problem_with_formulas(context: str, question: str, behind: str) -> None:
    check(context, question, behind, has_tex=True)


def test_a_text_that_asks_nothing_ends_with_its_last_sentence() -> None:
    assert split("Noor has 3. Ida has 4.") == Split("Noor has 3.", "Ida has 4.")
    assert split("") == Split("", "")


@given(st.text(alphabet="aB .?!$3\n\"'\\[](){}", max_size=60), st.booleans())
def test_nothing_is_lost_or_made_up(text: str, has_tex: bool) -> None:
    assert "".join(split_sentences(text, has_tex=has_tex)).strip() == text.strip()
