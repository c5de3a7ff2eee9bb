using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels;
using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Training;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

public unsafe class LossGradientTests
{
    public static MatrixTheoryData<LossKind, LossReduction> Losses => new(Enum.GetValues<LossKind>(), Enum.GetValues<LossReduction>());

    [Theory]
    [MemberData(nameof(Losses))]
    public void Losses_and_gradients_are_those_of_float64(LossKind kind, LossReduction reduction)
    {
        var random = new Random(1);
        for (var images = 1; images < 6; images++)
        {
            var (channels, height, width, batch) = (random.Next(1, 20), random.Next(1, 12), random.Next(1, 12), images + random.Next(4));
            var size = channels * height * width;
            using var memory = new AlignedMemory(sizeof(float) * ((size + 1) * images));
            using var losses = new AlignedMemory(sizeof(double) * images);
            float* target = memory.Floats, weights = target + (size * images);
            var stage = new Stage(random, images) { Prepare = w => w.Update = new UpdateInputs(0, 0, 0, batch, target, weights, (double*)losses.Floats) };
            var prediction = stage.Draw([channels], height, width, deviation: 1.5);
            stage.Normals(size * images).CopyTo(new Span<float>(target, size * images));
            stage.Normals(images, mean: 1, deviation: 0.2).CopyTo(new Span<float>(weights, images));

            // No error at all has no direction, and an error of NaN none but NaN.
            target[0] = prediction.Data[0];
            var output = stage.New([channels], height, width);
            var actual = stage.Run(new Kernel(prediction.View, output, kind, reduction), [output])[0];
            for (var image = 0; image < images; image++)
            {
                var (sum, each) = (0.0, reduction == LossReduction.Mean ? 1.0 / size : 1.0);
                var expected = new double[size];
                for (var i = 0; i < size; i++)
                {
                    var error = (double)prediction.Data[(image * size) + i] - target[(image * size) + i];
                    var small = Math.Abs(error) < 1;
                    sum += each * (kind switch
                    {
                        LossKind.L2 => error * error,
                        LossKind.L1 => Math.Abs(error),
                        _ => small ? error * error / 2 : Math.Abs(error) - 0.5,
                    });
                    expected[i] = each * weights[image] / batch * (kind switch
                    {
                        LossKind.L2 => 2 * error,
                        LossKind.L1 => Math.Sign(error),
                        _ => small ? error : Math.Sign(error),
                    });
                }

                Close.To(expected, actual, image, 1e-7, "gradient");
                Assert.Equal(sum * weights[image], ((double*)losses.Floats)[image], 1e-12 * size * Math.Abs(sum));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void NaN_is_seen(LossKind kind, LossReduction reduction)
    {
        using var memory = new AlignedMemory(sizeof(float) * 64);
        using var losses = new AlignedMemory(sizeof(double));
        new Span<float>(memory.Floats, 64).Fill(1);
        memory.Floats[2] = float.NaN;
        float* target = memory.Floats, weights = memory.Floats + 32;
        var stage = new Stage(new Random(1)) { Prepare = w => w.Update = new UpdateInputs(0, 0, 0, 1, target, weights, (double*)losses.Floats) };
        var prediction = stage.Draw([3], 2, 2);
        var output = stage.New([3], 2, 2);
        var actual = stage.Run(new Kernel(prediction.View, output, kind, reduction), [output])[0];
        Assert.Equal([2], Enumerable.Range(0, 12).Where(i => float.IsNaN(actual[i])));
        Assert.True(double.IsNaN(*(double*)losses.Floats));
    }

    private sealed record Kernel(View Prediction, View Output, LossKind Kind, LossReduction Reduction) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => new LossGradient(Prediction, Output.Segments[0], Kind, Reduction);
    }
}
