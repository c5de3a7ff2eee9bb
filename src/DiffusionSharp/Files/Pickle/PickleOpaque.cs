namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// A value that is no part of a tensor: a class or function of another program by its name, or what the pickle would make of it. What the
/// pickle gives it is kept beside the name, to find a tensor in it; nothing ever calls or makes it.
/// </summary>
/// <param name="name">Its full name.</param>
/// <param name="refusal">Why a file is refused that makes a tensor of it; null when its name is the reason.</param>
internal sealed class PickleOpaque(string name, string? refusal = null) : PickleValue
{
    private PickleValue[] parts = [];
    private int count;

    public string FullName => name;

    /// <summary>The same reason again, for what is made of it.</summary>
    public string? OwnRefusal => refusal;

    public string Refusal => refusal ?? PickleGlobals.Refusal(name);

    /// <summary>Whether it is a name and nothing else.</summary>
    public bool IsName => count == 0;

    /// <summary>Arguments, states and elements.</summary>
    public ReadOnlySpan<PickleValue> Parts => parts.AsSpan(0, count);

    internal override string Kind => $"'{name}'";

    public void AddAll(ReadOnlySpan<PickleValue> values, ReadBudget budget)
    {
        foreach (var value in values)
        {
            Add(value, budget);
        }
    }

    public void Add(PickleValue part, ReadBudget budget)
    {
        budget.Grow(ref parts, count, 8);
        parts[count++] = part;
    }
}
