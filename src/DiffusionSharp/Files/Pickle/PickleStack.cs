using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>The pickle machine's stack, its marks and its memo, each within the budget.</summary>
internal sealed class PickleStack(string path, ReadBudget budget)
{
    // Python's own writer never nests deeper than its recursion limit of 1000.
    private const int MaxMarks = 1000;

    private PickleValue[] values = [];
    private int count;
    private int[] marks = [];
    private int markCount;
    private PickleValue?[] memo = [];
    private int memoCount;

    public int Count => count;

    // Nothing below the last mark can be reached until the mark is gone.
    private int Floor => markCount == 0 ? 0 : marks[markCount - 1];

    public void Push(PickleValue value)
    {
        budget.Grow(ref values, count, 8);
        values[count++] = value;
    }

    public PickleValue Pop() => count > Floor ? values[--count] : throw Bad("its pickle takes a value from an empty stack");

    public PickleValue Peek() => count > Floor ? values[count - 1] : throw Bad("its pickle looks at a value of an empty stack");

    public void Mark()
    {
        if (markCount == MaxMarks)
        {
            throw Bad($"its pickle nests deeper than {MaxMarks} levels");
        }

        budget.Grow(ref marks, markCount, 4);
        marks[markCount++] = count;
    }

    /// <summary>The values above the last mark. They and the mark are gone; the span is valid until the next push.</summary>
    public ReadOnlySpan<PickleValue> PopMark()
    {
        if (markCount == 0)
        {
            throw Bad("its pickle takes values down to a mark that is not there");
        }

        var start = marks[--markCount];
        var above = values.AsSpan(start, count - start);
        count = start;
        return above;
    }

    public void Put(uint index, PickleValue value)
    {
        // Writers count the memo up; a far index would make a small file take much memory.
        if (index > 2L * memoCount + 1024)
        {
            throw Bad($"its pickle remembers value {index} before it has remembered {memoCount} others");
        }

        if (index >= memo.Length)
        {
            var length = Math.Max(2 * memo.Length, (int)index + 64);
            budget.ChargeArray(length);
            Array.Resize(ref memo, length);
        }

        memoCount += memo[index] is null ? 1 : 0;
        memo[index] = value;
    }

    public void Memoize() => Put((uint)memoCount, Peek());

    public PickleValue Get(uint index)
    {
        var value = index < memo.Length ? memo[index] : null;
        return value is PickleValue.ArrayShell { Built: { } built } ? built : value ?? throw Bad($"its pickle asks for value {index}, which it has not remembered");
    }

    private DiffusionException Bad(string reason) => ModelFileError.Malformed(path, reason);
}
