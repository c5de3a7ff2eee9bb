using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Kernels;

public class PointwiseTests
{
    [Fact]
    public void Silu() => Check(new SiluOperation(), other: 0, (x, _, _) => x / (1 + Math.Exp(-x)));

    [Fact]
    public void Gelu() => Check(new GeluOperation(), other: 0, (x, _, _) => x * Normal.Below(x));

    [Fact]
    public void Relu() => Check(new ReluOperation(), other: 0, (x, _, _) => Math.Max(x, 0));

    [Fact]
    public void Affine() => Check(new AffineOperation(1.7, -0.3), other: 0, (x, _, _) => (x * 1.7) - 0.3);

    [Fact]
    public void Addition_of_an_image() => Check(new AddOperation(), other: 0, (x, y, _) => x + y, second: true);

    [Fact]
    public void Addition_of_a_vector() => Check(new AddOperation(), other: 1, (x, y, _) => x + y);

    [Fact]
    public void Scale_and_shift() => Check(new ScaleShiftOperation(), other: 2, (x, scale, shift) => (x * (1 + scale)) + shift);

    // other: how many vectors a vector joins.
    private static void Check<TOperation>(TOperation operation, int other, Func<double, double, double, double> exact, bool second = false)
        where TOperation : struct, IPointwise
    {
        var random = new Random(5);
        for (var round = 0; round < 12; round++)
        {
            var (images, throughCondition) = (random.Next(1, 4), random.Next(2) == 0);
            var stage = new Stage(random, images, random.Next(1, images + 1));
            var (channels, height, width) = (random.Next(1, 40), random.Next(1, 12), random.Next(1, 12));
            var x = stage.Draw([channels], height, width);
            var image = second ? stage.Draw([channels], height, width) : null;
            var vector = other > 0 ? stage.Draw([other * channels], 1, 1, throughCondition) : null;
            var output = stage.New([channels], height, width);
            var actual = stage.Run(new Kernel<TOperation>(x.View, output, operation, image?.Segment, vector?.Vector(throughCondition)), output);
            var pixels = height * width;
            double[] expected = [.. x.Data.Select((v, i) => exact(v, First(i), other < 2 ? 0 : Vector(i, channels)))];
            Assert.InRange(Error.Largest(expected, actual), 0, 1e-6);

            double First(int i) => image is not null ? image.Data[i] : vector is null ? 0 : Vector(i, 0);

            double Vector(int i, int first)
            {
                var n = i / (channels * pixels);
                return vector!.Data[((throughCondition ? stage.ConditionOf(n) : n) * other * channels) + first + (i / pixels % channels)];
            }
        }
    }

    private sealed record Kernel<TOperation>(View Input, View Output, TOperation Operation, Segment? Second, VectorSource? Vector) : IKernel
        where TOperation : struct, IPointwise
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => new PointwiseStep<T, TOperation>(Input, Output.Segments[0], Operation, Second, Vector);
    }
}
