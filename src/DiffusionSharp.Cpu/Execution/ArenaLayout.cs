using System.Diagnostics;

namespace DiffusionSharp.Cpu.Execution;

/// <summary>
/// Where each buffer lies: buffers that are not alive at the same time share memory. Offsets are for one image; for N images all of them
/// are N times as large.
/// </summary>
internal sealed class ArenaLayout
{
    private readonly Buffer[] buffers;
    private readonly long[] offsets;

    public ArenaLayout(IReadOnlyList<Buffer> buffers)
    {
        Debug.Assert(buffers.All(b => b.Floats % 16 == 0), "a buffer is not made of whole vectors");
        this.buffers = [.. buffers];
        offsets = new long[buffers.Count];
        FloatsPerImage = Place(perCondition: false);
        FloatsPerCondition = Place(perCondition: true);
    }

    public long FloatsPerImage { get; }

    public long FloatsPerCondition { get; }

    public bool IsPerCondition(int buffer) => buffers[buffer].PerCondition;

    public long Offset(int buffer) => offsets[buffer];

    // Largest first, each at the lowest place where nothing alive at the same time lies.
    private long Place(bool perCondition)
    {
        var placed = new List<int>();
        foreach (var b in Enumerable.Range(0, buffers.Length).Where(i => buffers[i].PerCondition == perCondition).OrderByDescending(i => buffers[i].Floats))
        {
            var offset = 0L;
            foreach (var other in placed.Where(o => buffers[o].Overlaps(buffers[b])).OrderBy(o => offsets[o]))
            {
                if (offset + buffers[b].Floats <= offsets[other])
                {
                    break;
                }

                offset = Math.Max(offset, offsets[other] + buffers[other].Floats);
            }

            offsets[b] = offset;
            placed.Add(b);
        }

        return placed.Select(b => offsets[b] + buffers[b].Floats).DefaultIfEmpty(0).Max();
    }

    /// <summary>A value's memory.</summary>
    /// <param name="Floats">Size for one image, a multiple of 16.</param>
    /// <param name="PerCondition">Whether there is one for each condition, and not for each image.</param>
    /// <param name="First">The step that writes it.</param>
    /// <param name="Last">The last step that reads it.</param>
    internal readonly record struct Buffer(long Floats, bool PerCondition, int First, int Last)
    {
        public bool Overlaps(Buffer other) => First <= other.Last && other.First <= Last;
    }
}
