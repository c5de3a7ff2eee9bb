using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>
/// What the forward pass leaves to the backward pass, in 16 bits: each value that is read again is rounded right after its last reader in the forward
/// pass, and written in float32 anew right before its reader in the backward pass. Values of one pixel, vectors of an image and statistics of norms,
/// stay as they are: they are small, and a norm's statistics enter all of its values.
/// </summary>
internal sealed partial class Steps<T>
{
    // What was written anew waits so many steps for another reader: a block's convolutions and its norm find it, no other block does.
    private const int Waits = 4;

    // By the buffers that are kept: the one of 16 bits, and the newest of 32.
    private readonly Dictionary<int, (int Small, int Large)> kept = [];

    /// <summary>A value of the forward pass as the backward pass reads it, which asks for it step by step.</summary>
    public View Recall(View x) => x.Pixels == 1 ? x : x with { Segments = [.. x.Segments.Select(s => s with { Buffer = Recall(s.Buffer) })] };

    private int Recall(int buffer)
    {
        var floats = buffers[buffer].Floats;
        if (!kept.TryGetValue(buffer, out var now))
        {
            now = (New(Shrink<T>.Half(floats)), -1);
        }
        else if (steps.Count - buffers[now.Large].Last <= Waits)
        {
            return now.Large;
        }

        now.Large = New(floats);
        Append("expand", new Expand<T>(now.Small, now.Large, floats));
        Use(now.Small);
        kept[buffer] = now;
        return now.Large;
    }

    private int New(long floats)
    {
        buffers.Add(new(floats, PerCondition: false, steps.Count, steps.Count));
        return buffers.Count - 1;
    }

    // Puts the rounding between the steps that are there, when all readers are known.
    private void InsertShrinks()
    {
        if (kept.Count == 0)
        {
            return;
        }

        Debug.Assert(kept.All(k => buffers[k.Key].Last < buffers[k.Value.Small].First), "the backward pass reads a value that it should have recalled");
        var after = kept.ToLookup(k => buffers[k.Key].Last, k => (From: k.Key, To: k.Value.Small));
        IStep[] before = [.. steps];
        string[] namesBefore = [.. names];
        var (places, shrinks) = (new int[before.Length], new List<(int From, int To, int Step)>());
        steps.Clear();
        names.Clear();
        for (var i = 0; i < before.Length; i++)
        {
            places[i] = steps.Count;
            steps.Add(before[i]);
            names.Add(namesBefore[i]);
            foreach (var (from, to) in after[i])
            {
                shrinks.Add((from, to, steps.Count));
                Append("shrink", new Shrink<T>(from, to, buffers[from].Floats));
            }
        }

        for (var b = 0; b < buffers.Count; b++)
        {
            buffers[b] = buffers[b] with { First = places[buffers[b].First], Last = places[buffers[b].Last] };
        }

        foreach (var (from, to, step) in shrinks)
        {
            buffers[from] = buffers[from] with { Last = step };
            buffers[to] = buffers[to] with { First = step };
        }
    }
}
