using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Images;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

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
            var actual = stage.Run(new Kernel(prediction.View, prediction.View.Segments[0].Channels, output, kind, reduction), [output])[0];
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
        var actual = stage.Run(new Kernel(prediction.View, prediction.View.Segments[0].Channels, output, kind, reduction), [output])[0];
        Assert.Equal([2], Enumerable.Range(0, 12).Where(i => float.IsNaN(actual[i])));
        Assert.True(double.IsNaN(*(double*)losses.Floats));
    }

    /// <summary>The first half of the channels is as without the second, which has the terms' slopes and no gradient from it.</summary>
    [Theory]
    [MemberData(nameof(Losses))]
    public void A_variance_learns_its_term_and_leaves_the_rest_as_it_is(LossKind kind, LossReduction reduction)
    {
        const int channels = 3, pixels = 4, size = channels * pixels, images = 2, batch = 3;
        var random = new Random(2);
        var objective = new DiffusionObjective(NoiseSchedule.Linear(), varianceWeight: 0.002);
        using var termMemory = new AlignedMemory(sizeof(VariationalTerm) * images);
        var terms = (VariationalTerm*)termMemory.Floats;
        (terms[0], terms[1]) = (objective.Term(0), objective.Term(40));
        using var memory = new AlignedMemory(sizeof(float) * 128);
        using var losses = new AlignedMemory(sizeof(double) * images);
        float* target = memory.Floats, weights = memory.Floats + 32, noisy = memory.Floats + 64;
        var stage = new Stage(random, images)
        {
            Prepare = w =>
            {
                w.Inputs = new CallInputs(noisy, null, null, null);
                w.Update = new UpdateInputs(0, 0, 0, batch, target, weights, (double*)losses.Floats, terms);
            },
        };
        stage.Normals(size * images).CopyTo(new Span<float>(target, size * images));
        stage.Normals(size * images).CopyTo(new Span<float>(noisy, size * images));
        (weights[0], weights[1]) = (0.7f, 1.3f);
        var prediction = stage.Draw([2 * channels], 2, 2, deviation: 0.7);
        var output = stage.New([2 * channels], 2, 2);
        var actual = stage.Run(new Kernel(prediction.View, channels, output, kind, reduction), [output])[0];
        var each = reduction == LossReduction.Mean ? 1.0 / size : 1;
        for (var image = 0; image < images; image++)
        {
            var (term, bits, simple) = (terms[image], 0.0, 0.0);
            for (var i = 0; i < size; i++)
            {
                int at = (image * size) + i, mean = (2 * image * size) + i, v = mean + size;
                var error = (double)prediction.Data[mean] - target[at];
                var x0 = (term.X0FromX * noisy[at]) + (term.X0FromTarget * target[at]);
                var (value, slope) = term.At(prediction.Data[v], error, x0);
                bits += value;
                Assert.Equal(slope * each * term.LossWeight / batch, actual[v], 1e-6 * Math.Max(1e-3, Math.Abs(slope)));
                var (loss, steepness) = kind switch
                {
                    LossKind.L2 => (error * error, 2 * error),
                    LossKind.L1 => (Math.Abs(error), Math.Sign(error)),
                    _ => Math.Abs(error) < 1 ? (error * error / 2, error) : (Math.Abs(error) - 0.5, Math.Sign(error)),
                };
                simple += loss;
                Assert.Equal(steepness * each * weights[image] / batch, actual[mean], 1e-6);
            }

            Assert.Equal(each * ((simple * weights[image]) + (bits * term.LossWeight)), ((double*)losses.Floats)[image], 1e-9 * Math.Max(1, bits));
        }
    }

    private sealed record Kernel(View Prediction, int Channels, View Output, LossKind Kind, LossReduction Reduction) : IKernel
    {
        public IStep Create<T>()
            where T : unmanaged, ISimd<T> => new LossGradient(Prediction, Channels, Output.Segments[0], Kind, Reduction);
    }
}
