using DiffusionSharp.Cpu;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Imaging.Sheets;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>
/// The first picture of a process waits for half a second until its code is compiled. So a tiny network draws one on another core, while the command
/// line and the model are read.
/// </summary>
internal static class FirstPicture
{
    private static readonly Lazy<Task> Prepared = new(() => Task.Run(Draw));

    /// <summary>Begins it, once in a process. What goes wrong here goes wrong again where somebody asked for it.</summary>
    public static void Prepare() => _ = Prepared.Value;

    private static void Draw()
    {
        // Small, with every kind of layer that networks of this project's own have.
        var config = UNetConfig.Ddpm(new ImageShape(3, 16, 16), 32, [1, 2], 1, [8]);
        var engine = CpuEngine.With(new CpuOptions { Threads = 1 });
        using (var denoiser = engine(UNet.Build(config), p => new HostTensor([.. p.Shape], new float[p.Elements])))
        {
            var plan = DdimPlan.Create(NoiseSchedule.Linear(), Timesteps.Uniform(1000, 1));
            Sampler.Run(denoiser, plan, new SamplerRequest { Shape = config.InputShape, Count = 1, Noise = NoiseSource.FromSeeds([0]) });
        }

        var (sheet, pixels) = LabelledSheet.Draw(new ImageShape(3, 1, 1), [new byte[3]], SheetLabels.Captioned([["0"]]), columns: 1, scale: 1);
        ImageFile.EncodePng(sheet, pixels);
    }
}
