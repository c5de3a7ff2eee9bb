using System.Numerics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Parameters;

namespace DiffusionSharp.Cpu.Training;

/// <summary>The gradients of a batch's micro-batches, joined as <see cref="ImageTree"/> joins images: each micro-batch is a subtree.</summary>
internal sealed unsafe class GradientTree : IDisposable
{
    private readonly ParameterSet gradients;
    private readonly AlignedMemory[] levels;
    private readonly long floats;
    private readonly Team team;
    private readonly Action<int, int> add;
    private AlignedMemory waiting = null!;

    /// <param name="parameters">The parameters, whose gradients' memory is found here.</param>
    /// <param name="microBatches">Micro-batches of a batch.</param>
    /// <param name="team">Adds.</param>
    public GradientTree(TrainedParameters parameters, int microBatches, Team team)
    {
        (gradients, floats, this.team, add) = (parameters.Gradients, parameters.Floats, team, Add);
        gradients.Current = parameters.Allocate();
        levels = [.. Enumerable.Range(0, ImageTree.Levels(microBatches)).Select(_ => parameters.Allocate())];
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => gradients.Current!.Bytes + levels.Sum(l => l.Bytes);

    /// <summary>Takes a micro-batch's gradients, which were left in the gradients' memory; after the last micro-batch the sum of all is there.</summary>
    public void Join(int microBatch, int microBatches)
    {
        for (var joins = ImageTree.Joins(microBatch, microBatches); joins != 0; joins &= joins - 1)
        {
            waiting = levels[BitOperations.TrailingZeroCount(joins)];
            team.For(Chunk.Count(floats), add);
        }

        if (ImageTree.Level(microBatch, microBatches) is { } level)
        {
            (levels[level], gradients.Current) = (gradients.Current!, levels[level]);
        }
    }

    public void Dispose()
    {
        gradients.Current?.Dispose();
        Array.ForEach(levels, l => l.Dispose());
    }

    private void Add(int worker, int chunk)
    {
        var (first, count) = Chunk.Range(chunk, floats);
        float* sum = gradients.Current!.Floats + first, other = waiting.Floats + first;
        var i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            (*(Vector<float>*)(other + i) + *(Vector<float>*)(sum + i)).Store(sum + i);
        }

        for (; i < count; i++)
        {
            sum[i] = other[i] + sum[i];
        }
    }
}
