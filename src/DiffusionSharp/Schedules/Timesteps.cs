using System.Collections;

namespace DiffusionSharp.Schedules;

/// <summary>
/// The timesteps τ at which the network is called, strictly descending within [0, T-1]
/// (DDIM, section 4.2). The level after the last entry is the clean image.
/// </summary>
public sealed partial class Timesteps : IReadOnlyList<int>, IEquatable<Timesteps>
{
    private readonly int[] values;

    private Timesteps(int T, int[] values, params string[] notes)
    {
        if (values.Length == 0)
        {
            throw Invalid("the list is empty: give at least one timestep");
        }

        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] < 0 || values[i] >= T)
            {
                throw Invalid($"timestep {values[i]} (entry {i}) is outside [0, {T - 1}] of T = {T}");
            }

            if (i > 0 && values[i] >= values[i - 1])
            {
                throw Invalid($"entry {i} is {values[i]} after {values[i - 1]}: the list must be strictly descending");
            }
        }

        this.T = T;
        this.values = values;
        Notes = Array.AsReadOnly(notes);
    }

    /// <summary>The number of noise levels the list was made for.</summary>
    public int T { get; }

    /// <summary>The number of timesteps, which is the number of network calls of DDIM.</summary>
    public int Count => values.Length;

    /// <summary>What a reader should know: removed duplicates, a count other than the one asked for.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The i-th timestep, from high to low.</summary>
    /// <param name="index">0..Count-1.</param>
    public int this[int index] => values[index];

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)values).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>True when T and every timestep agree.</summary>
    /// <param name="other">The other list.</param>
    public bool Equals(Timesteps? other) => other is not null && T == other.T && values.AsSpan().SequenceEqual(other.values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Timesteps);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(T, Count, values[0], values[^1]);

    /// <summary>The list, comma separated, from high to low.</summary>
    public override string ToString() => string.Join(", ", values);

    private static DiffusionException Invalid(string message) => new(ErrorKind.Configuration, "timesteps: " + message);
}
