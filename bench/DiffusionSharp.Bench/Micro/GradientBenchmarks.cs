using BenchmarkDotNet.Attributes;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Attention;
using DiffusionSharp.Cpu.Kernels.Normalization;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Training;

namespace DiffusionSharp.Bench.Micro;

/// <summary>Other kernels of the backward pass: one image, one thread, vectors of 256 bits.</summary>
public unsafe class GradientBenchmarks
{
    private const int Channels = 128, Updated = 1 << 20;
    private static readonly RowLayout Row = new(1, Channels);

    private readonly Team team = One();
    private readonly ParameterUpdate<Simd256> update;
    private readonly AlignedMemory[] updated = [.. Enumerable.Range(0, 5).Select(_ => Floats.Normals(Updated))];

    // x, dy, dx, y again; then statistics and sums of an image.
    private readonly GradientStage normalization = GradientStage.Create(
        [.. Enumerable.Repeat((Channels, 32), 4), (4 * Channels, 1), (2 * Channels, 1)],
        (s, v) => [new NormalizationGradient<Simd256>(
            v[0], v[1].Segments[0], v[4].Segments[0], new NormalizationOptions(32, 1e-6, Silu: true), s.Parameter(Row), s.Parameter(Row), new(v[2].Segments[0], null, v[3].Segments[0], v[5].Segments[0], null))]);

    private readonly GradientStage pixelNormalization = GradientStage.Create(
        [.. Enumerable.Repeat((Channels, 32), 4), (Channels, 1)],
        (s, v) => [new PixelNormalizationGradient<Simd256>(
            v[0], v[1].Segments[0], new NormalizationOptions(1, 1e-12, Silu: true), s.Parameter(Row), v[2].Segments[0], v[4].Segments[0], null, v[3].Segments[0])]);

    // q, k, v, dy, dq, dk, dv.
    private readonly GradientStage attention = GradientStage.Create(
        [.. Enumerable.Repeat((256, 16), 7)],
        (_, v) => [new AttentionGradient<Simd256>([v[0], v[1], v[2]], v[3].Segments[0], new(v[4].Segments[0], v[5].Segments[0], v[6].Segments[0], null), heads: 1, null)]);

    private readonly GradientStage linearAttention = GradientStage.Create(
        [.. Enumerable.Repeat((Channels, 32), 7)],
        (_, v) => [new LinearAttentionGradient<Simd256>([v[0], v[1], v[2]], v[3].Segments[0], new(v[4].Segments[0], v[5].Segments[0], v[6].Segments[0], null), heads: 4, null)]);

    private readonly GradientStage sums = GradientStage.Create([(Channels, 32), (Channels, 1)], (_, v) => [new PixelSums<Simd256>(v[0], v[1].Segments[0])]);

    /// <summary>Makes the update.</summary>
    public GradientBenchmarks()
    {
        update = new ParameterUpdate<Simd256>(team, new AdamSettings { MaxNorm = 1, Decays = [0.9999] });

        // Second moments are no negative numbers.
        new Span<float>(updated[3].Floats, Updated).Fill(1);
    }

    /// <summary>Frees the memory.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        Array.ForEach(updated, u => u.Dispose());
        Array.ForEach([normalization, pixelNormalization, attention, linearAttention, sums], s => s.Dispose());
        team.Dispose();
    }

    /// <summary>128 channels at 32×32 in 32 groups, with SiLU and the value made again.</summary>
    [Benchmark]
    public void Normalization() => normalization.Run();

    /// <summary>The same of pixels.</summary>
    [Benchmark]
    public void PixelNormalization() => pixelNormalization.Run();

    /// <summary>One head of 256 channels at 16×16.</summary>
    [Benchmark]
    public void Attention() => attention.Run();

    /// <summary>Four heads of 32 channels at 32×32.</summary>
    [Benchmark]
    public void LinearAttention() => linearAttention.Run();

    /// <summary>Of 128 channels at 32×32.</summary>
    [Benchmark]
    public void PixelSums() => sums.Run();

    /// <summary>Norm, clip, Adam and one average of 2²⁰ parameters.</summary>
    [Benchmark]
    public void Update()
    {
        var pointers = new ParameterPointers
        {
            Length = Updated,
            Weights = updated[0].Floats,
            Gradient = updated[1].Floats,
            FirstMoments = updated[2].Floats,
            SecondMoments = updated[3].Floats,
            Averages = [updated[4].Floats],
        };
        update.Run(pointers, update.Norm(pointers.Gradient, Updated), updates: 10, learningRate: 1e-4);
    }

    private static Team One() => new(1);
}
