using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>Learned keys and values of an attention, which lie as those of an image's pixels do: all heads' channels one after the other.</summary>
internal sealed unsafe class AttentionMemory : IDisposable
{
    // A matrix tile may read two vectors past the last value.
    private const int Overread = 32;

    private readonly AlignedMemory rows;

    /// <param name="weights">Keys, then values: [2, heads, count, width], or [2, heads, width, count] where channels come first.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="count">Keys.</param>
    /// <param name="width">Channels of a head.</param>
    /// <param name="channelsFirst">The order of the last two dimensions.</param>
    public AttentionMemory(ReadOnlySpan<float> weights, int heads, int count, int width, bool channelsFirst)
    {
        (Count, Stride) = (count, Segment.Round(heads * width));
        var floats = (2 * count * Stride) + Overread;
        rows = new AlignedMemory(sizeof(float) * (long)floats);
        new Span<float>(rows.Floats, floats).Clear();
        for (var i = 0; i < weights.Length; i++)
        {
            var (part, last) = Math.DivRem(i, channelsFirst ? count : width);
            var (head, other) = Math.DivRem(part, channelsFirst ? width : count);
            var (key, channel) = channelsFirst ? (last, other) : (other, last);
            Row(head / heads, key)[(head % heads * width) + channel] = weights[i];
        }
    }

    public int Count { get; }

    /// <summary>Values between keys.</summary>
    public int Stride { get; }

    /// <summary>A key (of 0) or a value (of 1), all heads of it.</summary>
    public float* Row(int which, int key) => rows.Floats + ((nint)((which * Count) + key) * Stride);

    public void Dispose() => rows.Dispose();
}
