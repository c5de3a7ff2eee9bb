namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// Looks for tensors inside what is not read. Objects may share parts and contain themselves; nothing is searched twice.
/// </summary>
internal sealed class PickleSearch(ReadBudget budget)
{
    private readonly HashSet<PickleValue> searched = new(ReferenceEqualityComparer.Instance);
    private PickleValue[] left = [];
    private int count;

    /// <summary>Whether a tensor of torch.save's lies in a value that was not searched before. NumPy's arrays are no weights.</summary>
    public bool HoldsTensor(PickleValue value)
    {
        Add(value);
        while (count > 0)
        {
            switch (left[--count])
            {
                case PickleValue.StorageValue or PickleValue.Tensor { Storage.IsInline: false }:
                    return true;
                case PickleOpaque opaque:
                    AddAll(opaque.Parts);
                    break;
                case PickleValue.Sequence list:
                    for (var i = 0; i < list.Count; i++)
                    {
                        Add(list[i]);
                    }

                    break;
                case PickleValue.Map map:
                    for (var i = 0; i < map.Count; i++)
                    {
                        Add(map[i].Key);
                        Add(map[i].Value);
                    }

                    break;
                case PickleValue.ArrayShell { Built: { } built }:
                    Add(built);
                    break;
            }
        }

        return false;
    }

    private void AddAll(ReadOnlySpan<PickleValue> values)
    {
        foreach (var value in values)
        {
            Add(value);
        }
    }

    private void Add(PickleValue value)
    {
        var holdsOthers = value is PickleOpaque { IsName: false } or PickleValue.Sequence { Count: > 0 } or PickleValue.Map { Count: > 0 } or PickleValue.ArrayShell;
        if (!holdsOthers && value is not (PickleValue.Tensor or PickleValue.StorageValue))
        {
            return;
        }

        if (holdsOthers)
        {
            budget.Charge(96);
            if (!searched.Add(value))
            {
                return;
            }
        }

        budget.Grow(ref left, count, 8);
        left[count++] = value;
    }
}
