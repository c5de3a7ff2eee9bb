using System.Runtime.InteropServices;
using DiffusionSharp.Torch.Engine;

namespace DiffusionSharp.Torch.Training;

/// <summary>How many images go through the network at once: halved whenever they do not fit memory, and never raised again.</summary>
internal sealed class MicroBatchSize(int images)
{
    public int Images { get; private set; } = images;

    /// <summary>Tries with ever smaller micro-batches.</summary>
    /// <param name="attempt">Does the work in micro-batches of a size, from the beginning each time.</param>
    /// <exception cref="DiffusionException">libtorch failed, or one image alone does not fit (<see cref="ErrorKind.Device"/>).</exception>
    public T Fit<T>(Func<int, T> attempt)
    {
        while (true)
        {
            try
            {
                return attempt(Images);
            }
            catch (ExternalException e) when (TorchError.IsOutOfMemory(e) && Images > 1)
            {
                Images = (Images + 1) / 2;
            }
            catch (ExternalException e)
            {
                throw TorchError.Wrap(e);
            }
        }
    }
}
