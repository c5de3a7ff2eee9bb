using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Tests.Sampling;

namespace DiffusionSharp.Tests.Models;

public sealed class EditOptionsTests : IDisposable
{
    private const int Elements = 3 * 8 * 8;
    private static readonly double[] Image = [.. Enumerable.Range(0, Elements).Select(i => Math.Sin(i))];
    private static readonly double[] Half = [.. Enumerable.Range(0, 64).Select(i => i % 8 < 4 ? 0.0 : 1)];

    private readonly TemporaryFolder folder = new();
    private readonly FakeDenoiser network = new(3, (x, t) => (float)(0.2 * Math.Sin(x + t)));
    private readonly DiffusionModel model;

    public EditOptionsTests()
    {
        var unet = UNetConfig.Ddpm(new ImageShape(3, 8, 8), 4, [1], 1, []) with { NormNumGroups = 2 };
        ModelFolder.Save(folder["model"], unet, new SchedulerConfig(), Initializer.Create(UNet.Build(unet), 1), "a card");
        model = DiffusionModel.Load(folder["model"], (_, _) => network);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Image_to_image_makes_the_calls_that_the_strength_says()
    {
        Assert.Equal(3, Plan(new EditOptions { Images = Image, Strength = 0.3 }).NetworkCalls);
        Assert.Equal(6, Plan(new EditOptions { Images = Image }).NetworkCalls);
        Assert.Equal(10 + (4 * 5), Plan(new EditOptions { Images = Image, Mask = Half }).NetworkCalls);
        Assert.Equal(5 + (2 * 2 * 2), Plan(new EditOptions { Images = Image, Mask = Half, Strength = 0.5, Jumps = new JumpSchedule(2, 3) }).NetworkCalls);
        Assert.Equal(0, Plan(new EditOptions { Images = Image, Mask = Half, Strength = 0 }).NetworkCalls);
        Assert.Equal(10, Plan(null).NetworkCalls);
    }

    [Fact]
    public void One_image_serves_all_seeds_and_several_have_one_each()
    {
        double[] other = [.. Image.Select(v => -v)];
        var edit = new EditOptions { Images = Image, Strength = 0.5 };
        var one = Sample(edit, 3, 4);
        var two = Sample(edit with { Images = [.. Image, .. other] }, 3, 4);

        Assert.Equal(one.Image(0).ToArray(), two.Image(0).ToArray());
        Assert.NotEqual(one.Image(1).ToArray(), two.Image(1).ToArray());
    }

    [Fact]
    public void What_the_mask_keeps_is_exact()
    {
        foreach (var strength in (double?[])[null, 0.5, 1])
        {
            var images = Sample(new EditOptions { Images = Image, Mask = Half, Strength = strength, Jumps = new JumpSchedule(2, 2) }, 1, 2);
            for (var i = 0; i < 2 * Elements; i++)
            {
                Assert.Equal(Half[i % 64] == 0, Image[i % Elements] == images.Values[i]);
            }
        }

        Assert.Equal([.. Image, .. Image], Sample(new EditOptions { Images = Image, Mask = Half, Strength = 0 }, 1, 2).Values);
        Assert.Equal(Image, Sample(new EditOptions { Images = Image, Mask = new double[64] }, 1).Values);
    }

    // Without a mask from the image, with one from pure noise: an x_T of the caller's own is the start.
    [Fact]
    public void An_inpainting_can_start_from_a_given_x()
    {
        var edit = new EditOptions { Images = Image, Mask = Half };
        var given = model.Sample(new SampleOptions { Steps = 3, Edit = edit, InitialX = new double[Elements] });
        Assert.NotEqual(model.Sample(new SampleOptions { Steps = 3, Edit = edit }).Values, given.Values);
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_the_first_call()
    {
        Refused(ErrorKind.Configuration, "5 values of images, expected [1 or 2, 3×8×8]", new EditOptions { Images = new double[5] });
        Refused(ErrorKind.Configuration, "a mask of 63 values, expected [8, 8]", new EditOptions { Images = Image, Mask = new double[63] });
        Refused(ErrorKind.Configuration, "the mask within [0, 1]", new EditOptions { Images = Image, Mask = [.. Half.Select(v => 1.5 * v)] });
        Refused(ErrorKind.Configuration, "an initial x beside images", new EditOptions { Images = Image }, new double[2 * Elements]);
        Refused(ErrorKind.Usage, "strength: found 2", new EditOptions { Images = Image, Strength = 2 });
        Refused(ErrorKind.Usage, "both must be at least 1", new EditOptions { Images = Image, Mask = Half, Jumps = new JumpSchedule(0, 1) });
        var error = Assert.Throws<DiffusionException>(() => model.Plan(new SampleOptions { Edit = new EditOptions { Images = Image, Mask = Half }, Solver = Solver.Heun }));
        Assert.Contains("use the solver ddim", error.Message, StringComparison.Ordinal);

        void Refused(ErrorKind kind, string words, EditOptions edit, double[]? initial = null)
        {
            var e = Assert.Throws<DiffusionException>(() => model.Sample(new SampleOptions { Steps = 3, Count = 2, Edit = edit, InitialX = initial }));
            Assert.Equal(kind, e.Kind);
            Assert.Contains(words, e.Message, StringComparison.Ordinal);
            Assert.Empty(network.Timesteps);
        }
    }

    private SamplingPlan Plan(EditOptions? edit) => model.Plan(new SampleOptions { Steps = 10, Edit = edit });

    private SampledImages Sample(EditOptions edit, params ulong[] seeds) => model.Sample(new SampleOptions { Steps = 6, Seeds = seeds, Edit = edit });
}
