using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>Parameters with moments and averages, of which the last few values of each block are padding.</summary>
internal sealed unsafe class TrainingMemory : IDisposable
{
    private readonly AlignedMemory[] blocks;

    /// <summary>Random parameters, with averages that are copies of them.</summary>
    public TrainingMemory(int count, int averages)
    {
        (Count, Length) = (count, (count + 15) / 16 * 16);
        blocks = [.. Enumerable.Range(0, 4 + averages).Select(_ => new AlignedMemory(sizeof(float) * Length))];
        foreach (var block in blocks)
        {
            new Span<float>(block.Floats, Length).Clear();
        }

        CounterNoise.Gaussian(1, 0, Weights);
        for (var k = 0; k < averages; k++)
        {
            Weights.CopyTo(Average(k));
        }
    }

    public int Count { get; }

    public int Length { get; }

    public Span<float> Weights => Values(0);

    public Span<float> Gradient => Values(1);

    public Span<float> FirstMoments => Values(2);

    public Span<float> SecondMoments => Values(3);

    public ParameterPointers Pointers => new()
    {
        Length = Length,
        Weights = blocks[0].Floats,
        Gradient = blocks[1].Floats,
        FirstMoments = blocks[2].Floats,
        SecondMoments = blocks[3].Floats,
        Averages = Averages(),
    };

    public Span<float> Average(int k) => Values(4 + k);

    /// <summary>Everything, padding included.</summary>
    public float[] All() => [.. blocks.SelectMany(b => new Span<float>(b.Floats, Length).ToArray())];

    /// <summary>The padding of everything.</summary>
    public float[] Padding() => [.. blocks.SelectMany(b => new Span<float>(b.Floats, Length)[Count..].ToArray())];

    public void Dispose()
    {
        foreach (var block in blocks)
        {
            block.Dispose();
        }
    }

    private float*[] Averages()
    {
        var pointers = new float*[blocks.Length - 4];
        for (var k = 0; k < pointers.Length; k++)
        {
            pointers[k] = blocks[4 + k].Floats;
        }

        return pointers;
    }

    private Span<float> Values(int block) => new(blocks[block].Floats, Count);
}
