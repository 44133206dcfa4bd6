"""Small corpora in the forms of real ones, for tests."""

import json

from few_examples import few_examples


def request(directory, **changes):
    sizes = {"max_train": 1000, "max_eval": 1000, "seed": 0, **changes}
    return few_examples(directory=directory, **sizes)


def write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())


def write_jsonl(path, rows):
    write_lines(path, [json.dumps(row, ensure_ascii=False) for row in rows])


def squad(passages):
    """Nest (passage, [(question, [answers])]) as SQuAD 1.1 does."""
    paragraphs = [
        {
            "context": passage,
            "qas": [
                {
                    "id": f"{passage[:3]}{number}",
                    "question": question,
                    "answers": [{"text": a, "answer_start": passage.find(a)} for a in answers],
                }
                for number, (question, answers) in enumerate(questions)
            ],
        }
        for passage, questions in passages
    ]
    return {"version": "1.1", "data": [{"title": "t", "paragraphs": paragraphs}]}


def squad_passages(count, questions=3):
    return [
        (
            f"In the year {1000 + number} the baker {number} met a sailor on the pier.",
            [
                (f"Who met a sailor, asked {asker}?", [f"the baker {number}", "baker"])
                for asker in range(questions)
            ],
        )
        for number in range(count)
    ]


def hub_rows(task, count=10):
    """Make rows in the columns and kinds of values that the hub has for a task."""
    return [_ROW[task](number) for number in range(count)]


def _pair(first, second, label):
    return lambda n: {first: f"first {n}", second: f"second {n}", "label": label(n)}


def _spans(n):
    context, answer = f" In {n} the baker left.", "the baker left"
    answers = {"text": [answer, "baker"], "answer_start": [context.find(answer), 8]}
    return {
        "id": str(n),
        "title": "",
        "context": context,
        "question": f"Who, {n}?",
        "answers": answers,
    }


def _translation(source, target):
    return lambda n: {"translation": {source: f"one {n}", target: f"eins {n}"}}


_ROW = {
    "cnn-dailymail": lambda n: {"id": "", "article": f"long {n}", "highlights": f"short {n}"},
    "xsum": lambda n: {"document": f"long {n}", "summary": f"short {n}", "id": ""},
    "dialogsum": lambda n: {"id": "", "dialogue": f"#Person1#: {n}", "summary": f"short {n}"},
    "squad": _spans,
    "squad-spans": _spans,
    "squad2-spans": _spans,
    "wmt14": _translation("en", "de"),
    "wmt16": _translation("en", "de"),
    "multi30k": lambda n: {"en": f"one {n}", "de": f"eins {n}"},
    "parallel": lambda n: {"en": f"one {n}", "de": f"eins {n}"},
    "code-translation": lambda n: {"id": n, "java": f"int {n};", "cs": f"int {n};"},
    "code-refinement": lambda n: {"id": n, "buggy": f"a {n}", "fixed": f"b {n}"},
    "rte": _pair("sentence1", "sentence2", lambda n: n % 2),
    "mrpc": _pair("sentence1", "sentence2", lambda n: ("not_equivalent", "equivalent")[n % 2]),
    "sst2": lambda n: {"sentence": f"fine {n}", "label": n % 2, "idx": n},
    "mnli": _pair("premise", "hypothesis", lambda n: n % 3),
    "qnli": _pair("question", "sentence", lambda n: n % 2),
    "qqp": _pair("question1", "question2", lambda n: n % 2),
    "cola": lambda n: {"sentence": f"fine {n}", "label": n % 2, "idx": n},
    "wnli": _pair("sentence1", "sentence2", lambda n: n % 2),
    "boolq": _pair("question", "passage", lambda n: n % 2 == 1),
    "cb": _pair(
        "premise", "hypothesis", lambda n: ("entailment", "contradiction", "neutral")[n % 3]
    ),
    "wic": lambda n: {**_pair("sentence1", "sentence2", lambda n: n % 2 == 1)(n), "word": "bank"},
    "conll2003": lambda n: {
        "tokens": ["EU", f"no{n}"],
        "ner_tags": [3, 0] if n % 2 else ["B-ORG", "O"],
    },
    "defect-detection": lambda n: {
        "func": f"int f{n}() {{}}",
        "target": (n % 2 == 1, n % 2)[n % 3 > 0],
    },
    "defect-cloze": lambda n: {"func": f"int f{n}() {{}}", "target": n % 2},
    "code-summarization": lambda n: {
        "code_tokens": ["def", f"f{n}"],
        "docstring_tokens": ["Do", f"{n}\n."],
    },
}
