using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>
/// What the forward pass leaves to the backward pass, in 16 bits: each value that is read again is rounded right after its last reader in the forward
/// pass, and in the backward pass read as it lies or written in float32 anew, right before its reader. Values of one pixel, vectors of an image and
/// statistics of norms, stay as they are: they are small, and a norm's statistics enter all of its values.
/// </summary>
internal sealed partial class Steps<T>
{
    // By the buffers of the forward pass, those of 16 bits.
    private readonly Dictionary<int, int> kept = [];

    // The first step of the backward pass, and the buffer of the gradient that it begins with.
    private (int Step, int Gradient)? backward;

    /// <summary>From here on values of the forward pass are halves: whoever reads one asks for it by <see cref="Kept(View)"/> or <see cref="Recall(View)"/>.</summary>
    /// <param name="gradient">That of the prediction, which is there already.</param>
    public void LeaveHalves(View gradient) => backward = (steps.Count, gradient.Segments[0].Buffer);

    /// <summary>A value of the forward pass as it is kept, for a kernel that reads 16 bits.</summary>
    public View Kept(View x) => x.Pixels == 1 ? x : x with { Segments = [.. x.Segments.Select(s => s with { Buffer = Kept(s.Buffer) })], BFloat16 = true };

    /// <summary>A value of the forward pass in float32, for the step that is appended next.</summary>
    public View Recall(View x) => x.Pixels == 1 ? x : x with { Segments = [.. x.Segments.Select(s => s with { Buffer = Recall(s.Buffer) })] };

    private int Kept(int buffer)
    {
        if (!kept.TryGetValue(buffer, out var small))
        {
            kept[buffer] = small = New(CastToBFloat16<T>.Half(buffers[buffer].Floats));
        }

        return small;
    }

    private int Recall(int buffer)
    {
        var (small, large) = (Kept(buffer), New(buffers[buffer].Floats));
        Append("cast to float32", new CastToFloat32<T>(small, large, buffers[buffer].Floats));
        Use(small);
        return large;
    }

    private int New(long floats)
    {
        buffers.Add(new(floats, PerCondition: false, steps.Count, steps.Count));
        return buffers.Count - 1;
    }

    // Puts the rounding between the steps that are there, when all readers are known.
    private void InsertCasts()
    {
        if (backward is not var (begin, gradient))
        {
            return;
        }

        if (images.FirstOrDefault(b => b != gradient && buffers[b].First < begin && buffers[b].Last >= begin, -1) is >= 0 and var left)
        {
            throw new InvalidOperationException($"'{names[buffers[left].Last]}' of the backward pass reads in float32 what '{names[buffers[left].First]}' left: it should have asked for it by Kept or Recall");
        }

        var after = kept.ToLookup(k => buffers[k.Key].Last, k => (From: k.Key, To: k.Value));
        IStep[] before = [.. steps];
        string[] namesBefore = [.. names];
        var (places, casts) = (new int[before.Length], new List<(int From, int To, int Step)>());
        steps.Clear();
        names.Clear();
        for (var i = 0; i < before.Length; i++)
        {
            places[i] = steps.Count;
            steps.Add(before[i]);
            names.Add(namesBefore[i]);
            foreach (var (from, to) in after[i])
            {
                casts.Add((from, to, steps.Count));
                Append("cast to bfloat16", new CastToBFloat16<T>(from, to, buffers[from].Floats));
            }
        }

        for (var b = 0; b < buffers.Count; b++)
        {
            buffers[b] = buffers[b] with { First = places[buffers[b].First], Last = places[buffers[b].Last] };
        }

        foreach (var (from, to, step) in casts)
        {
            buffers[from] = buffers[from] with { Last = step };
            buffers[to] = buffers[to] with { First = step };
        }
    }
}
